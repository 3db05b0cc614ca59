/** Long lists of nodes lie beside them in rows of their own (long-lists.ts); nothing has to be changed for that but the way back. */
import type { Migration } from '../migrations.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'

/** Has the list of every node that has pieces in it again; as texts, for not every text of a node is one that jsonb takes. */
const joined = (list: string): string => `
  UPDATE node AS n SET node = replace(n.node, g.marked, '"${list}":' || coalesce((
      SELECT json_agg(i.value ORDER BY p.piece, i.place)::text
      FROM long_piece AS p, jsonb_array_elements_text(p.ids::jsonb) WITH ORDINALITY AS i (value, place)
      WHERE p.workflow = g.workflow AND p.id = g.id AND p.list = '${list}'
        AND p.piece * substring(g.marked from '"per":(\\d+)')::bigint + i.place
          <= substring(g.marked from '"length":(\\d+)')::bigint
    ), '[]'))
  FROM (
    SELECT m.no, l.workflow, l.id, substring(m.node from '"${list}":\\{"length":\\d+,"per":\\d+\\}') AS marked
    FROM (SELECT DISTINCT workflow, id FROM long_piece WHERE list = '${list}') AS l
    JOIN node AS m ON m.no >= l.workflow * ${nodesPerWorkflow} AND m.no < (l.workflow + 1) * ${nodesPerWorkflow} AND m.id = l.id
  ) AS g
  WHERE n.no = g.no AND g.marked IS NOT NULL;`

export const longListsSchema: Migration = {
  version: 6,
  name: 'long lists in pieces',
  sql: "COMMENT ON TABLE node IS 'nodes, and pieces of their long lists: <node>/<list>/<number>'",
  down: `
    CREATE TEMPORARY TABLE long_piece ON COMMIT DROP AS
      SELECT no / ${nodesPerWorkflow} AS workflow, split_part(id, '/', 1) COLLATE "C" AS id, split_part(id, '/', 2) AS list,
        split_part(id, '/', 3)::bigint AS piece, node AS ids
      FROM node WHERE id LIKE '%/%';
    ${joined('children')}${joined('outboundNodes')}
    DELETE FROM node WHERE id LIKE '%/%';
    DROP TABLE long_piece;
    COMMENT ON TABLE node IS NULL;
  `,
}
