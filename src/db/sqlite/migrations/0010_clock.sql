-- Rows stamped from this time on prove nothing of what time it is: a clock stamped them that had leapt ahead, or the operator
-- vouched for an earlier one. NULL where all rows count. One row.
CREATE TABLE clock (doubted_from INTEGER) STRICT;
INSERT INTO clock VALUES (NULL);
