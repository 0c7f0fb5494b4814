-- A node is closed by a key; what a requested penalty sets is the end of its own window.
alter table node rename column closed_until to penalty_until;
alter table event rename column closed_until to penalty_until;
update compatibility set needs = 14;

-- When an offer of ownership lapses; 0 when there is none.
alter table event add column offer_ends_at bigint;
alter table pool add column offer_ends_at bigint not null default 0;
