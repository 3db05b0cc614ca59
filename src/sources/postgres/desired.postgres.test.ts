/** What becomes of rows that are to be run, held, stopped or gone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, template, workflow } from '../sources.contract.ts'
import { TestTable, ownServer } from './table.fixtures/table.ts'

const server = ownServer()
let table: TestTable
beforeEach(async () => {
  table = await TestTable.make(server().url)
})
afterEach(() => table.dispose())

const history = () => table.controller.history
const generated = (command = 'true') => workflow('generateName: a-', '', command)
const wish = (id: string, state: string) =>
  table.sql('UPDATE workflow_manifests SET desired_state = $2 WHERE id = $1', id, state)

describe('desired_state', () => {
  it('suspends and resumes, stops and terminates, and deletes with the results', async () => {
    await table.start()
    const id = await table.submit(workflow('name: a'))
    await eventually(history, ['create a'])
    for (const [call, operation] of [
      ['suspend', { kind: 'edit', suspend: true }],
      ['stop', { kind: 'stop' }],
      ['terminate', { kind: 'terminate' }],
    ] as const) {
      await table.sql(`SELECT drydock_${call}($1)`, id)
      await eventually(() => table.controller.operations.at(-1), operation)
    }
    table.controller.become('a', { phase: 'Failed' })
    await table.sql('SELECT drydock_delete($1)', id)
    await eventually(() => table.controller.workflows.size, 0)
    await eventually(
      () => table.row(id),
      expect.objectContaining({ state: 'Deleted', phase: null, observed_state: 'deleted' }),
    )
    await table.sql('SELECT drydock_resume($1)', id)
    await eventually(history, ['create a', 'delete a', 'create a'])
  })

  it('makes a suspended row’s workflow suspended, and running lets it go', async () => {
    await table.start()
    const id = await table.value("SELECT drydock_submit($1, desired_state => 'suspended')", workflow('name: a'))
    await eventually(() => table.controller.workflows.get('default/a')?.spec.suspend, true)
    await table.sql('SELECT drydock_resume($1)', id)
    await eventually(() => table.controller.operations, [{ kind: 'edit', suspend: null }])
  })

  it('never runs what is stopped before it was seen, until it is to run', async () => {
    const id = String(
      await table.value(
        "SELECT drydock_submit($1, desired_state => 'stopped')",
        `${workflow('name: a')}---\n${template('t')}`,
      ),
    )
    await table.start()
    expect(history()).toEqual(['put WorkflowTemplate t'])
    expect((await table.row(id))['message']).toBe('not run: desired_state is stopped')
    await wish(id, 'running')
    await eventually(history, ['put WorkflowTemplate t', 'create a'])
  })

  it('is refused with a suggestion where it is unknown, and changes nothing then', async () => {
    await table.start()
    const id = await table.submit(workflow('name: a'))
    await eventually(history, ['create a'])
    await wish(id, 'stoped')
    await eventually(
      async () => (await table.row(id))['errors'],
      [{ path: 'desired_state', message: 'unknown desired_state "stoped"', suggestion: 'did you mean "stopped"?' }],
    )
    expect(table.controller.operations).toEqual([])
    await expect(table.sql('SELECT drydock_stop(999)')).rejects.toThrow('there is no manifest 999')
  })

  it('runs again what was deleted and inserted anew under its id', async () => {
    await table.start()
    const id = await table.submit(generated())
    await eventually(() => table.controller.workflows.size, 1)
    const [name = ''] = [...table.controller.workflows.values()].map(({ metadata }) => metadata.name ?? '')
    table.controller.become(name, { phase: 'Succeeded' })
    await table.sql('BEGIN')
    await table.sql('DELETE FROM workflow_manifests WHERE id = $1', id)
    await table.sql('INSERT INTO workflow_manifests (id, manifest_yaml) VALUES ($1, $2)', id, generated())
    await table.sql('COMMIT')
    await eventually(() => table.controller.workflows.size, 2)
  })

  it('goes with TRUNCATE, also while nobody looked', async () => {
    await table.start()
    await table.submit(workflow('name: a'))
    await table.submit(template('t'))
    await eventually(() => history().length, 2)
    await table.source?.close()
    await table.sql('TRUNCATE workflow_manifests')
    await table.start()
    expect([...table.controller.workflows.keys(), ...table.controller.objects.keys()]).toEqual([])
    expect(await table.sql('SELECT FROM workflow_manifests_deleted')).toEqual([])
  })
})
