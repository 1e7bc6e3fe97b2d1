-- Keys grow with time, so that a day is a range of them.
CREATE INDEX posts_created ON posts (created_at);

CREATE TABLE tags (
	key INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE, -- without #, as it is compared
	post_count INTEGER NOT NULL DEFAULT 0 -- public posts only: a count must not tell of hidden ones
) STRICT;
CREATE INDEX tags_public ON tags (name) WHERE post_count > 0;

CREATE TABLE post_tags (
	post_key INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
	tag_key INTEGER NOT NULL REFERENCES tags (key) ON DELETE CASCADE,
	PRIMARY KEY (post_key, tag_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_tags_tag ON post_tags (tag_key);

CREATE TABLE mentions (
	post_key INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
	user_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	PRIMARY KEY (post_key, user_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_user ON mentions (user_key);

CREATE TRIGGER post_tags_count_up AFTER INSERT ON post_tags BEGIN
	UPDATE tags
	SET post_count = post_count + 1
	WHERE key = new.tag_key AND (SELECT visibility = 'public' FROM posts WHERE key = new.post_key);
END;
-- A tag ends with the last post that has it.
CREATE TRIGGER post_tags_count_down AFTER DELETE ON post_tags BEGIN
	UPDATE tags
	SET post_count = post_count - 1
	WHERE key = old.tag_key AND (SELECT visibility = 'public' FROM posts WHERE key = old.post_key);
	DELETE FROM tags WHERE key = old.tag_key AND NOT EXISTS (SELECT 1 FROM post_tags WHERE tag_key = old.tag_key);
END;
-- Before a post goes, so that it is still known whether it counted.
CREATE TRIGGER posts_tags_delete BEFORE DELETE ON posts BEGIN
	DELETE FROM post_tags WHERE post_key = old.key;
END;
CREATE TRIGGER posts_tags_visibility AFTER UPDATE OF visibility ON posts
WHEN (new.visibility = 'public') <> (old.visibility = 'public') BEGIN
	UPDATE tags
	SET post_count = post_count + (new.visibility = 'public') - (old.visibility = 'public')
	WHERE key IN (SELECT tag_key FROM post_tags WHERE post_key = new.key);
END;

-- What the search index has of a post besides its words; see 0006_search.sql. Between spaces, and with one at both ends.
ALTER TABLE posts ADD COLUMN marks TEXT NOT NULL DEFAULT '';
-- Whoever goes is mentioned by nobody: their key may be given to somebody else.
CREATE TRIGGER mentions_marks AFTER DELETE ON mentions BEGIN
	UPDATE posts SET marks = replace(marks, ' ' || char(57344) || 'm' || old.user_key || ' ', ' ') WHERE key = old.post_key;
END;
