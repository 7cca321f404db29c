-- What a consumer keeps: of every claim and every article the newest record, of every story the last one.
-- A generation is a replay that an operator asked for; within one, revisions rise. A record that is not newer than what
-- is here is a repeat, and changes nothing: see the `where` of the statements in the consumers.
create table if not exists claims (id text primary key, generation integer not null, revision integer not null, record text not null);
create table if not exists articles (id text primary key, generation integer not null, revision integer not null, record text not null);
create table if not exists stories (id text primary key, record text not null);

-- The items of each story. One that was merged into another is told there.
create view if not exists members as
select stories.id as story, member.value as item
from stories, json_each(stories.record, '$.members') as member
where (stories.record ->> 'merged_into') is null;
