-- Search made anew: besides the words of a post, the index has marks, by which it knows whose a post is, who may see it, and
-- its tags and mentions. So every search is a walk of this one index. A mark is a word that begins with U+E000 (57344), which
-- stands for nothing, and so in no query. In `marks` is what no other column tells: those of tags and mentions, and the
-- words of scripts that put no spaces between them, character by character.
ALTER TABLE posts ADD COLUMN indexed TEXT GENERATED ALWAYS AS (
	marks || ' ' || char(57344) || 'a' || author_key || CASE visibility
		WHEN 'public' THEN ' ' || char(57344) || 'p'
		WHEN 'followers' THEN ' ' || char(57344) || 'f ' || char(57344) || 'f' || author_key
		ELSE ''
	END
) VIRTUAL;

DROP TRIGGER posts_fts_insert;
DROP TRIGGER posts_fts_delete;
DROP TRIGGER posts_fts_update;
DROP TABLE posts_fts;
-- It keeps no text. Of beginnings of three characters it has lists of their own: longer ones are put together as they are
-- asked for, shorter ones are not looked for.
CREATE VIRTUAL TABLE posts_fts USING fts5(
	title, content, marks,
	content = '', prefix = 3, tokenize = 'unicode61 remove_diacritics 2'
);
-- Without this, deleted words stay readable in the index's own pages.
INSERT INTO posts_fts (posts_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO posts_fts (rowid, title, content, marks) SELECT key, title, content, indexed FROM posts ORDER BY key;

CREATE TRIGGER posts_fts_insert AFTER INSERT ON posts BEGIN
	INSERT INTO posts_fts (rowid, title, content, marks) VALUES (new.key, new.title, new.content, new.indexed);
END;
CREATE TRIGGER posts_fts_delete AFTER DELETE ON posts BEGIN
	INSERT INTO posts_fts (posts_fts, rowid, title, content, marks)
	VALUES ('delete', old.key, old.title, old.content, old.indexed);
END;
CREATE TRIGGER posts_fts_update AFTER UPDATE OF title, content, marks, visibility ON posts
WHEN (new.title, new.content, new.indexed) IS NOT (old.title, old.content, old.indexed) BEGIN
	INSERT INTO posts_fts (posts_fts, rowid, title, content, marks)
	VALUES ('delete', old.key, old.title, old.content, old.indexed);
	INSERT INTO posts_fts (rowid, title, content, marks) VALUES (new.key, new.title, new.content, new.indexed);
END;
