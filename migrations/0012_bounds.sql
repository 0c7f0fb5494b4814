-- Numbers of the chain are bounded where they enter the program; here they are once more, because a single wrong one that got in
-- would stay: a negative head can't be read back, and nothing is indexed until it is gone.

-- Left by a version that believed what a websocket announced.
update cursor
   set head_block = case when head_block < 0 then block_number else head_block end,
       safe_block = case when safe_block < 0 then 0 else safe_block end,
       finalized_block = case when finalized_block < 0 then 0 else finalized_block end
 where least(head_block, safe_block, finalized_block) < 0;

alter table cursor
    add constraint cursor_is_on_a_chain check (
        block_number >= 0 and block_time >= 0 and head_block >= 0 and safe_block >= 0 and finalized_block >= 0
    );

alter table block add constraint block_is_on_a_chain check (block_number >= 0 and block_time >= 0);

-- Not validated for rows that are there: that would read all of them.
alter table event
    add constraint event_is_on_a_chain check (block_number >= 0 and log_index >= 0 and block_time >= 0) not valid;

alter table dead_letter
    add constraint dead_letter_is_on_a_chain check (block_number >= 0 and log_index >= 0 and block_time >= 0) not valid;

update endpoint set head_block = null where head_block < 0;
alter table endpoint add constraint endpoint_head_is_on_a_chain check (head_block >= 0);
