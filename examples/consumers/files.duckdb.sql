-- The same tables as views over the NDJSON files of the embedded default; run it in the data directory.
-- A line that is not whole yet is passed over, and the next query sees it.
create view claims as
select line ->> 'id' as id, (line ->> '$._meta.generation')::int as generation, (line ->> 'revision')::int as revision, line as record
from (select json as line from read_ndjson_objects('topics/wire.covid-stats.v1*.ndjson', ignore_errors = true))
qualify row_number() over (partition by id order by generation desc, revision desc) = 1;

create view articles as
select line ->> 'id' as id, (line ->> '$._meta.generation')::int as generation, (line ->> 'revision')::int as revision, line as record
from (select json as line from read_ndjson_objects('topics/wire.articles.v1*.ndjson', ignore_errors = true))
qualify row_number() over (partition by id order by generation desc, revision desc) = 1;

-- A tombstone takes its story away.
create view stories as
select line ->> '$._meta.key' as id, line as record
from (select json as line from read_ndjson_objects('topics/wire.stories.v1*.ndjson', ignore_errors = true))
qualify row_number() over (partition by id order by (line ->> '$._meta.offset')::bigint desc) = 1 and (line ->> 'deleted') is null;

-- The items of each story. One that was merged into another is told there.
create view members as
select id as story, unnest((record ->> '$.members[*]')) as item
from stories
where (record ->> 'merged_into') is null;
