-- When the operator shut somebody out; null for everybody else.
ALTER TABLE users ADD COLUMN suspended_at INTEGER;
