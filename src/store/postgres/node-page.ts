/** The query of a workflow's nodes in their order: `offset_no` is a node's place, where the next page begins. */
import { nodesPerWorkflow } from '../row-numbers.ts'

/**
 * $1: uid; $2: the first place; $3: how many at most. The cut is made where the rows are found in their order: beside the
 * join, a page would sort all that come after it.
 */
export const nodePage = `SELECT n.no - w.first AS offset_no, n.id, n.node, n.internal
  FROM (SELECT no * ${nodesPerWorkflow} AS first FROM workflow WHERE uid = $1) w
  CROSS JOIN LATERAL (SELECT * FROM node WHERE no >= w.first + $2::bigint AND no < w.first + ${nodesPerWorkflow}
    ORDER BY no LIMIT $3) n
  ORDER BY n.no`
