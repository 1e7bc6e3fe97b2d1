-- The index goes from the newest post to the oldest. FTS5 walks a word's list forwards from wherever it is asked to, but for a
-- walk backwards it reads the whole list first, once anything was deleted securely: in a million posts, 400 pages for a common
-- word. And it gets lists of the beginnings of four and of five letters as well, which were put together as they were asked
-- for: 5 ms each, and 40 ms for some. They take 100 bytes a post each.
DROP TRIGGER posts_fts_insert;
DROP TRIGGER posts_fts_delete;
DROP TRIGGER posts_fts_update;
DROP TABLE posts_fts;
ALTER TABLE posts DROP COLUMN indexed_at;
-- Below 2^34 what everybody may see, and the rest below 2^35.
ALTER TABLE posts ADD COLUMN indexed_at INTEGER GENERATED ALWAYS AS (
	(1 << CASE visibility WHEN 'public' THEN 34 ELSE 35 END) - key
) VIRTUAL;

CREATE VIRTUAL TABLE posts_fts USING fts5(
	title, content, marks,
	content = '', prefix = '3 4 5', tokenize = 'unicode61 remove_diacritics 2'
);
-- Without this, deleted words stay readable in the index's own pages.
INSERT INTO posts_fts (posts_fts, rank) VALUES ('secure-delete', 1);
INSERT INTO posts_fts (rowid, title, content, marks)
SELECT indexed_at, title, content, indexed FROM posts WHERE visibility = 'public' ORDER BY key DESC;
INSERT INTO posts_fts (rowid, title, content, marks)
SELECT indexed_at, title, content, indexed FROM posts WHERE visibility <> 'public' ORDER BY key DESC;

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
