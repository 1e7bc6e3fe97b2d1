-- Made anew: nothing has written to it before. A picture is two files, whose names are made of `name`. Public ones are named
-- by their content, so several rows may have the same files.
DROP TABLE images;
CREATE TABLE images (
	key INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	owner_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	bytes INTEGER NOT NULL, -- both files
	placeholder TEXT NOT NULL, -- a ThumbHash as a data URL
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX images_name ON images (name);
-- Covers the sum that a quota is held against.
CREATE INDEX images_owner ON images (owner_key, bytes);

ALTER TABLE users DROP COLUMN avatar;
ALTER TABLE users ADD COLUMN avatar_key INTEGER REFERENCES images (key) ON DELETE SET NULL;
CREATE INDEX users_avatar ON users (avatar_key) WHERE avatar_key IS NOT NULL;

-- A picture ends with what shows it, whichever way that ends.

CREATE TRIGGER posts_image_delete AFTER DELETE ON posts WHEN old.image_key IS NOT NULL BEGIN
	DELETE FROM images WHERE key = old.image_key;
END;
CREATE TRIGGER posts_image_change AFTER UPDATE OF image_key ON posts
WHEN old.image_key IS NOT NULL AND new.image_key IS NOT old.image_key BEGIN
	DELETE FROM images WHERE key = old.image_key;
END;
CREATE TRIGGER users_avatar_change AFTER UPDATE OF avatar_key ON users
WHEN old.avatar_key IS NOT NULL AND new.avatar_key IS NOT old.avatar_key BEGIN
	DELETE FROM images WHERE key = old.avatar_key;
END;

-- Names whose files are to be deleted unless another row still has them. They stand here until that is done, so that a crash
-- in between leaves nothing behind that somebody deleted.
CREATE TABLE removed_images (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TRIGGER images_removed AFTER DELETE ON images BEGIN
	INSERT OR IGNORE INTO removed_images (name) VALUES (old.name);
END;

-- Which database this is: a folder of pictures belongs to one, and is not to be tidied for another.
CREATE TABLE instance (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO instance VALUES (lower(hex(randomblob(16))));
