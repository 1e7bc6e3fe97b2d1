-- Rows from this time on do not prove that it has passed. Either a clock that had leapt ahead stamped them, or the operator said
-- that an earlier time is right. NULL: all rows count. The table has one row.
CREATE TABLE clock (doubted_from INTEGER) STRICT;
INSERT INTO clock VALUES (NULL);
