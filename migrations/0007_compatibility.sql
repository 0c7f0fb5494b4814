-- Which executables may work on this database. Read at every start, so that an older executable works on a newer schema
-- where it can, and says so where it can't.

create table compatibility (
    compatibility_id smallint primary key default 1 constraint compatibility_is_one check (compatibility_id = 1),
    -- The newest migration that an executable has to know. A migration that takes something away raises it (README.md).
    needs bigint not null
);
insert into compatibility (needs) values (7);
