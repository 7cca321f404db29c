-- The questions, for SQLite and DuckDB alike, over `claims`, `articles` and `members`.

-- A claim stands while its newest record asserts it and its item has not been told again in a later generation, for
-- each generation asserts all that it says. Claims are keyed by item and observation, so a correction has replaced what
-- it corrects, and a kill has retracted everything.
create view if not exists standing as
with told as (
  select record ->> 'item' as item, generation from claims
  union all
  select id, generation from articles
),
newest as (select item, max(generation) as generation from told group by item)
select claims.id, claims.record
from claims
join newest on newest.item = (claims.record ->> 'item') and newest.generation = claims.generation
where (claims.record ->> 'op') = 'assert';

-- The latest figure of each country and metric with the sentence that proves it. Copies claim nothing: they only raise
-- the number of items that tell it.
create view if not exists figures as
with reported as (
  select
    id, record ->> 'item' as item, record ->> 'iso2' as country, record ->> 'metric' as metric,
    (record ->> 'kind') || coalesce('/' || (record ->> 'period'), '') as kind,
    record ->> 'as_of' as as_of, record ->> 'observed' as observed, record ->> 'agency' as agency, record ->> 'sentence' as sentence,
    case record ->> 'qualifier' when 'exact' then '' else (record ->> 'qualifier') || ' ' end
      || (record ->> 'value') || coalesce('-' || (record ->> 'value_max'), '')
      || case record ->> 'unit' when 'count' then '' else ' ' || (record ->> 'unit') end as figure
  from standing
  where (record ->> 'disease') = 'COVID-19' and (record ->> 'place_kind') = 'country' and (record ->> 'status') = 'reported'
    and (record ->> 'subset') = '[]' and (record ->> 'statistic') is null and (record ->> 'value') is not null
),
ranked as (
  select *, row_number() over (partition by country, metric, kind order by as_of desc, observed desc, id) as place from reported
),
copies as (
  select record ->> '$.duplicate.of' as item
  from articles
  where (record ->> '$.duplicate.relation') in ('exact', 'near', 'abridged') and (record ->> 'change') <> 'kill'
)
select
  country, metric, kind, as_of, figure, 1 + (select count(*) from copies where copies.item = ranked.item) as told_by,
  agency, sentence
from ranked
where place = 1
order by country, metric, kind;

-- How many stories are told, and by how many items; what was killed is not counted.
create view if not exists counts as
select count(distinct story) as stories, count(*) as items
from members
join articles on articles.id = members.item
where (articles.record ->> 'change') <> 'kill';
