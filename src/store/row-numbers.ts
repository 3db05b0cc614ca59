/**
 * How rows of the SQL adapters are numbered: a workflow's number stands in the upper bits, the place among its nodes
 * or the parts of its archive in the lower. Stored keys are made of them, and migrations: they never change.
 */
export const nodesPerWorkflow = 2 ** 24
export const partsPerWorkflow = 2 ** 16
