/** Commits without end and prints the number of each workflow once it is durable. Arguments: directory, first number. */
import { instant, nodeIdOf, workflowUid } from '../../../resources/index.ts'
import { openSqliteStore } from '../store.ts'

const [directory = '', first = '0'] = process.argv.slice(2)
const store = await openSqliteStore({ directory })

async function commit(number: number): Promise<void> {
  const uid = workflowUid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)
  await store.commit([
    {
      kind: 'putWorkflow',
      row: {
        ...{ uid, namespace: 'default', name: `wf-${number}`, phase: 'Running', finished: false },
        ...{ createdAt: instant(1), startedAt: null, finishedAt: null, labels: {}, body: {}, internal: null },
      },
    },
    {
      kind: 'putNodes',
      uid,
      nodes: ['a', 'b', 'c'].map((id) => ({ id: nodeIdOf(id), node: { id, name: id, type: 'Pod' } })),
    },
  ])
  process.stdout.write(`${number}\n`)
}

for (let number = Number(first); ; number += 4) await Promise.all([0, 1, 2, 3].map((offset) => commit(number + offset)))
