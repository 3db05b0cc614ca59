/** Long lists of nodes lie beside them in rows of their own (long-lists.ts); nothing has to be changed for that but the way back. */
import type { Migration } from '../migrations.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'

/** Has the list of every node in it again. */
const joined = (list: string): string => `
  UPDATE node SET node = json_set(node, '$.${list}', json((
    SELECT json_group_array(i.value ORDER BY p.piece, i.key) FROM (
      SELECT CAST(replace(id, node.id || '/${list}/', '') AS INTEGER) AS piece, node AS ids FROM node AS pieces
      WHERE pieces.no >= node.no - node.no % ${nodesPerWorkflow} AND pieces.no < node.no - node.no % ${nodesPerWorkflow} + ${nodesPerWorkflow}
        AND pieces.id LIKE node.id || '/${list}/%'
    ) AS p, json_each(p.ids) AS i
    WHERE p.piece * json_extract(node.node, '$.${list}.per') + i.key < json_extract(node.node, '$.${list}.length')
  ))) WHERE id NOT LIKE '%/%' AND json_type(node, '$.${list}') = 'object';`

export const longListsSchema: Migration = {
  version: 3,
  name: 'long lists in pieces',
  sql: '/* rows of the table node: <node>/<list>/<number> */',
  down: `${joined('children')}${joined('outboundNodes')}
    DELETE FROM node WHERE id LIKE '%/%';`,
}
