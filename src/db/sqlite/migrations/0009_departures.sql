-- Rebuilds the search index in blocks. FTS5 overwrites a deleted word by rewriting the pages around it, which takes longer
-- the larger the index is. So each block of 32,768 post keys has an index of its own, with public posts only. The program
-- maintains it (search-index.ts): a trigger cannot choose a table by key.
DROP TRIGGER posts_fts_insert;
DROP TRIGGER posts_fts_delete;
DROP TRIGGER posts_fts_update;
DROP TRIGGER mentions_marks;
DROP TABLE posts_fts;
ALTER TABLE posts DROP COLUMN indexed_at;
ALTER TABLE posts DROP COLUMN indexed;
CREATE TABLE search_blocks (block INTEGER PRIMARY KEY) STRICT;

-- Posts that are not public are indexed by author and word. A search looks up only authors whose posts the viewer may see, so
-- it reveals nothing about others. Each post also has the empty word.
CREATE TABLE hidden_words (
	author_key INTEGER NOT NULL,
	is_private INTEGER NOT NULL, -- 0 for posts that followers may see
	word TEXT NOT NULL,
	post_key INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
	PRIMARY KEY (author_key, is_private, word, post_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX hidden_words_post ON hidden_words (post_key);

-- Lists read only posts that the viewer may see. Hidden posts cost nothing, however many there are.
ALTER TABLE posts ADD COLUMN is_private INTEGER GENERATED ALWAYS AS (visibility = 'private') VIRTUAL;
DROP INDEX posts_author;
CREATE INDEX posts_author ON posts (author_key, is_private, key, visibility);
CREATE INDEX posts_public ON posts (key) WHERE visibility = 'public';
CREATE INDEX posts_public_author ON posts (author_key, key) WHERE visibility = 'public';
DROP INDEX posts_popular;
CREATE INDEX posts_popular ON posts (like_count) WHERE visibility = 'public';
CREATE INDEX posts_hidden ON posts (author_key, is_private, key) WHERE visibility <> 'public';
CREATE INDEX posts_hidden_popular ON posts (author_key, is_private, like_count) WHERE visibility <> 'public';

-- Set while an account, or a post with very many likes and comments, is deleted step by step: the time of the deletion, and
-- the trash entry that receives the rows. Without an entry the rows are deleted permanently.
ALTER TABLE users ADD COLUMN gone_at INTEGER;
ALTER TABLE users ADD COLUMN gone_entry INTEGER;
CREATE INDEX users_gone ON users (key) WHERE gone_at IS NOT NULL;
ALTER TABLE posts ADD COLUMN gone_at INTEGER;
ALTER TABLE posts ADD COLUMN gone_entry INTEGER;
CREATE INDEX posts_gone ON posts (key) WHERE gone_at IS NOT NULL;
-- People that others may find: not pending, and not being deleted.
CREATE INDEX users_present ON users (username) WHERE pending_since IS NULL AND gone_at IS NULL;
DROP INDEX users_display_name;
CREATE INDEX users_display_name ON users (display_name_key) WHERE pending_since IS NULL AND gone_at IS NULL;
-- Counts the comments that one author wrote on one post.
CREATE INDEX comments_post_author ON comments (post_key, author_key);

-- Trash entries that are being deleted permanently, step by step.
CREATE INDEX trash_forgotten ON trash (key) WHERE restoring = 3;
-- A new trash entry never reuses a key: an interrupted restore of the earlier entry would destroy it.
INSERT INTO kept_keys VALUES ('trash', 0);
CREATE TRIGGER trash_kept AFTER DELETE ON trash BEGIN
	UPDATE kept_keys SET highest = old.key WHERE kind = 'trash' AND highest < old.key;
END;
