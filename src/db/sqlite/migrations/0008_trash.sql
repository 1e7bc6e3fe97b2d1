-- What was deleted and may be brought back for a while. Sealed with a key that is made of the instance's secret, and so are
-- the ids and names by which it is found: whoever has this file and not the secret learns nothing of who is gone.
CREATE TABLE trash (
	key INTEGER PRIMARY KEY,
	subject BLOB NOT NULL UNIQUE, -- keyed hash of the id of what was deleted
	owner BLOB NOT NULL, -- keyed hash of the id of whose it was; nobody, perhaps, by now
	kind TEXT NOT NULL CHECK (kind IN ('post', 'comment', 'account')),
	by_owner INTEGER NOT NULL, -- 1, or 0 for what an administrator or the operator deleted
	deleted_at INTEGER NOT NULL,
	bytes INTEGER NOT NULL, -- of its pictures
	restoring INTEGER NOT NULL DEFAULT 0, -- 1 while it comes back part by part
	head BLOB NOT NULL -- sealed: what lists show of it
) STRICT;
CREATE INDEX trash_owner ON trash (owner, key);
CREATE INDEX trash_deleted ON trash (deleted_at);
CREATE INDEX trash_restoring ON trash (owner) WHERE restoring = 1;

-- Rows as they were, as many as come back in one step.
CREATE TABLE trash_parts (
	trash_key INTEGER NOT NULL REFERENCES trash (key) ON DELETE CASCADE,
	number INTEGER NOT NULL,
	sealed BLOB NOT NULL,
	PRIMARY KEY (trash_key, number)
) STRICT;

-- By what the owner of an account says who they are.
CREATE TABLE trash_logins (
	trash_key INTEGER NOT NULL REFERENCES trash (key) ON DELETE CASCADE,
	login BLOB NOT NULL, -- keyed hash of the username, and one of the e-mail
	PRIMARY KEY (trash_key, login)
) STRICT, WITHOUT ROWID;
CREATE INDEX trash_logins_login ON trash_logins (login);

-- Pictures whose files have to stay for it. In plain, as the files are, so that no wrong secret makes rubbish of them.
CREATE TABLE trash_images (
	trash_key INTEGER NOT NULL REFERENCES trash (key) ON DELETE CASCADE,
	name TEXT NOT NULL,
	PRIMARY KEY (trash_key, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX trash_images_name ON trash_images (name);
CREATE TRIGGER trash_images_removed AFTER DELETE ON trash_images BEGIN
	INSERT OR IGNORE INTO removed_images (name) VALUES (old.name);
END;

-- The highest keys that are gone. No new row gets one up to these: what comes back takes its old key, and with it its place
-- in every list.
CREATE TABLE kept_keys (kind TEXT PRIMARY KEY, highest INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO kept_keys VALUES ('users', 0), ('posts', 0), ('comments', 0);
CREATE TRIGGER users_kept AFTER DELETE ON users BEGIN
	UPDATE kept_keys SET highest = old.key WHERE kind = 'users' AND highest < old.key;
END;
CREATE TRIGGER posts_kept AFTER DELETE ON posts BEGIN
	UPDATE kept_keys SET highest = old.key WHERE kind = 'posts' AND highest < old.key;
END;
CREATE TRIGGER comments_kept AFTER DELETE ON comments BEGIN
	UPDATE kept_keys SET highest = old.key WHERE kind = 'comments' AND highest < old.key;
END;
