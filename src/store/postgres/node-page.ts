/** The query of a workflow's nodes in their order: `offset_no` is a node's place, where the next page begins. */
import { nodesPerWorkflow } from '../row-numbers.ts'

/** $1: uid; $2: the first place; $3: how many at most, or `null`. */
export const nodePage = `SELECT n.no - w.first AS offset_no, n.id, n.node, n.internal
  FROM (SELECT no * ${nodesPerWorkflow} AS first FROM workflow WHERE uid = $1) w
  JOIN node n ON n.no >= w.first + $2::bigint AND n.no < w.first + ${nodesPerWorkflow} ORDER BY n.no LIMIT $3`
