-- Search made anew: besides the words of a post, the index has marks, by which it knows whose a post is, who may see it, and
-- its tags and mentions. So every search is a walk of this one index. A mark is a word that begins with U+E000 (57344), which
-- stands for nothing, and so in no query. In `marks` is what no other column tells: those of tags and mentions, and the
-- words of scripts that put no spaces between them, character by character. The mark `e` says which 16,384 keys a post is of:
-- what must match one walks no further than those.
ALTER TABLE posts ADD COLUMN indexed TEXT GENERATED ALWAYS AS (
	marks || ' ' || char(57344) || 'e' || (key >> 14) || ' ' || char(57344) || 'a' || author_key
	|| CASE visibility WHEN 'followers' THEN ' ' || char(57344) || 'f ' || char(57344) || 'f' || author_key ELSE '' END
) VIRTUAL;
-- Posts that are not public stand after all others, 2^40 further on: who may see only public ones never walks past them.
ALTER TABLE posts ADD COLUMN indexed_at INTEGER GENERATED ALWAYS AS (
	key + CASE visibility WHEN 'public' THEN 0 ELSE 1 << 40 END
) VIRTUAL;

DROP TRIGGER posts_fts_insert;
DROP TRIGGER posts_fts_delete;
DROP TRIGGER posts_fts_update;
DROP TABLE posts_fts;
-- It keeps no text. Of beginnings of three characters it has lists of their own; longer ones are put together as they are
-- asked for, and shorter ones would take too long.
CREATE VIRTUAL TABLE posts_fts USING fts5(
	title, content, marks,
	content = '', prefix = 3, tokenize = 'unicode61 remove_diacritics 2'
);
-- Without this, deleted words stay readable in the index's own pages.
INSERT INTO posts_fts (posts_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO posts_fts (rowid, title, content, marks)
SELECT indexed_at, title, content, indexed FROM posts WHERE visibility = 'public' ORDER BY key;
INSERT INTO posts_fts (rowid, title, content, marks)
SELECT indexed_at, title, content, indexed FROM posts WHERE visibility <> 'public' ORDER BY key;

CREATE TRIGGER posts_fts_insert AFTER INSERT ON posts BEGIN
	INSERT INTO posts_fts (rowid, title, content, marks) VALUES (new.indexed_at, new.title, new.content, new.indexed);
END;
CREATE TRIGGER posts_fts_delete AFTER DELETE ON posts BEGIN
	INSERT INTO posts_fts (posts_fts, rowid, title, content, marks)
	VALUES ('delete', old.indexed_at, old.title, old.content, old.indexed);
END;
CREATE TRIGGER posts_fts_update AFTER UPDATE OF title, content, marks, visibility ON posts
WHEN (new.title, new.content, new.indexed, new.indexed_at) IS NOT (old.title, old.content, old.indexed, old.indexed_at) BEGIN
	INSERT INTO posts_fts (posts_fts, rowid, title, content, marks)
	VALUES ('delete', old.indexed_at, old.title, old.content, old.indexed);
	INSERT INTO posts_fts (rowid, title, content, marks) VALUES (new.indexed_at, new.title, new.content, new.indexed);
END;
