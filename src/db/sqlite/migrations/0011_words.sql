-- The full-text index gets the words that words.ts finds, and no text. Those rules change with the program and with Unicode.
-- So each block says by which rules it was made, and a start makes blocks of other rules again (reindex.ts).
ALTER TABLE search_blocks ADD COLUMN rules TEXT NOT NULL DEFAULT '';
INSERT OR IGNORE INTO search_blocks (block) SELECT DISTINCT key / 32768 FROM posts;
-- One row: the rules by which display names are folded.
CREATE TABLE folded_names (rules TEXT NOT NULL) STRICT;
INSERT INTO folded_names VALUES ('');

-- The name of a tag is folded. This is how its first public post writes it, in lower case; '' where that is the same.
ALTER TABLE tags ADD COLUMN spelling TEXT NOT NULL DEFAULT '';

-- When the posts of each 1,024 keys were written. Keys grow with time only while the clock of the server is right, so a search
-- by date takes the keys from here, and the time from each post. The range never shrinks.
CREATE TABLE post_times (
	span INTEGER PRIMARY KEY, -- key / 1024
	oldest INTEGER NOT NULL,
	newest INTEGER NOT NULL
) STRICT;
INSERT INTO post_times SELECT key / 1024, min(created_at), max(created_at) FROM posts GROUP BY 1;
CREATE TRIGGER posts_times AFTER INSERT ON posts BEGIN
	INSERT INTO post_times VALUES (new.key / 1024, new.created_at, new.created_at)
	ON CONFLICT DO UPDATE SET oldest = min(oldest, new.created_at), newest = max(newest, new.created_at);
END;
