/** The commit function as it was, and as it is: of a large workflow that is deleted the nodes are left to be swept. */
import { nodesAtOnceMax } from '../archive.ts'
import type { Migration } from '../migrations.ts'
import { nodesPerWorkflow } from '../row-numbers.ts'
import { commitFunction, dropCommitFunction } from './commit-function.ts'

const ofGone = `n.no >= g.no * ${nodesPerWorkflow} AND n.no < (g.no + 1) * ${nodesPerWorkflow}`

export const firstCommitFunction = commitFunction(`DELETE FROM node n USING unnest(gone) AS g (no) WHERE ${ofGone};`)

/** Places of nodes count up, so that one look tells whether there are many. */
const sweepingCommitFunction = commitFunction(`INSERT INTO sweep SELECT g.no FROM unnest(gone) AS g (no)
        WHERE EXISTS (SELECT 1 FROM node n WHERE ${ofGone} AND n.no >= g.no * ${nodesPerWorkflow} + ${nodesAtOnceMax})
        ON CONFLICT DO NOTHING;
      DELETE FROM node n USING unnest(gone) AS g (no)
        WHERE ${ofGone} AND NOT EXISTS (SELECT 1 FROM sweep s WHERE s.no = g.no);`)

export const sweptDeletions: Migration = {
  version: 8,
  name: 'nodes of large workflows are swept',
  sql: `
    ${dropCommitFunction}
    ${sweepingCommitFunction}
  `,
  down: `
    ${dropCommitFunction}
    ${firstCommitFunction}
  `,
}
