/** What holds for every source of manifests: how contents come to run, and what becomes of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MemoryController } from './rules/rules.fixtures/memory-controller.ts'

export type SourceHarness = {
  readonly controller: MemoryController
  /** Writes the manifest at this place, anew or over what is there; the source need not be open. */
  put(place: string, text: string): Promise<void>
  remove(place: string): Promise<void>
  /** Opens the source, or closes and opens it again; resolves when it has brought in what is there. */
  start(): Promise<void>
  state(place: string): Promise<{ readonly state?: unknown; readonly phase?: unknown; readonly message?: unknown }>
  /** Place and words of the first error. */
  error(place: string): Promise<{ readonly line?: number; readonly column?: number; readonly message?: string }>
  dispose(): Promise<void>
}

export const workflow = (metadata: string, spec = '', command = 'true') => `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { ${metadata} }
spec:
  entrypoint: main
${spec}  templates:
  - name: main
    container: { image: busybox, command: [${command}] }
`
export const template = (name: string) => `apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: ${name} }
spec:
  templates:
  - name: main
    container: { image: busybox }
`
export const referring = (name: string, to: string) => `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: ${name} }
spec: { workflowTemplateRef: { name: ${to} } }
`
export const eventually = async (check: () => unknown, value: unknown) => {
  await expect.poll(check, { interval: 20 }).toEqual(value)
}

export function sourceContract(name: string, make: () => Promise<SourceHarness>): void {
  describe(name, () => {
    let source: SourceHarness
    let controller: MemoryController
    beforeEach(async () => {
      source = await make()
      controller = source.controller
    })
    afterEach(() => source.dispose())
    const history = () => controller.history

    it('runs a content once, whatever its layout, also over restarts', async () => {
      await source.put('a', workflow('generateName: a-'))
      await source.start()
      expect([...controller.workflows.keys()][0]).toMatch(/^default\/a-[a-z0-9]{5}$/)
      await source.put('a', `# a comment\n${workflow('generateName: a-')}`)
      await source.start()
      await source.start()
      expect(history()).toHaveLength(1)
      await source.put('a', workflow('generateName: a-', '', 'false'))
      await eventually(() => history().length, 2)
      await source.put('a', workflow('generateName: a-'))
      await source.start()
      expect(history()).toHaveLength(2)
    })

    it('runs nothing twice after a crash between creating and remembering', async () => {
      await source.put('a', workflow('generateName: a-'))
      controller.dieAfterCreate = new Error('power cut')
      await source.start()
      await eventually(async () => (await source.state('a')).state, 'Admitted')
      expect(history()).toHaveLength(1)
    })

    it('gives every one of several equal manifests and documents a run', async () => {
      const two = `${workflow('generateName: a-')}---\n${workflow('generateName: a-')}`
      await source.put('a', two)
      await source.put('b', two)
      await source.start()
      expect(controller.workflows.size).toBe(4)
    })

    it('runs a named manifest anew with an edited spec once it has ended', async () => {
      await source.put('a', workflow('name: a'))
      await source.start()
      controller.become('a', { phase: 'Failed' })
      await source.put('a', workflow('name: a', '', 'false'))
      await eventually(history, ['create a', 'delete a', 'create a'])
      await source.start()
      expect(history()).toHaveLength(3)
    })

    it('refuses an edit of a running workflow; saved again after the end, it runs', async () => {
      await source.put('a', workflow('name: a'))
      await source.start()
      await source.put('a', workflow('name: a', '', 'false'))
      await eventually(async () => (await source.state('a')).state, 'Refused')
      expect((await source.error('a')).message).toMatch(/only suspend, shutdown, parallelism, priority and active/)
      controller.become('a', { phase: 'Succeeded' })
      await source.start()
      expect(history()).toEqual(['create a'])
      await source.put('a', workflow('name: a', '', 'false'))
      await eventually(history, ['create a', 'delete a', 'create a'])
    })

    it('changes what may change while a workflow runs', async () => {
      await source.put('a', workflow('name: a', '  priority: 1\n'))
      await source.start()
      await source.put('a', workflow('name: a', '  priority: 2\n  activeDeadlineSeconds: 9\n'))
      await eventually(() => controller.operations, [{ kind: 'edit', priority: 2, activeDeadlineSeconds: 9 }])
    })

    it('removes what still runs when its manifest goes; a finished workflow stays', async () => {
      await source.put('a', workflow('name: a'))
      await source.put('b', workflow('name: b'))
      await source.start()
      controller.become('b', { phase: 'Succeeded' })
      await source.remove('a')
      await source.remove('b')
      await eventually(() => [...controller.workflows.keys()], ['default/b'])
    })

    it('admits templates before the workflows of their batch', async () => {
      await source.put('a', referring('w', 'later'))
      await source.put('z', template('later'))
      await source.start()
      await eventually(history, ['put WorkflowTemplate later', 'create w'])
    })

    it('lets a workflow wait for its template', async () => {
      await source.put('a', referring('w', 't'))
      await source.start()
      expect(history()).toEqual([])
      expect(await source.state('a')).toMatchObject({ state: 'Waiting', message: 'waits for WorkflowTemplate t' })
      await source.put('t', template('t'))
      await eventually(history, ['put WorkflowTemplate t', 'create w'])
    })

    it('leaves a name to who had it first; the next one gets it when it is free', async () => {
      await source.put('a', template('t'))
      await source.start()
      await source.put('b', template('t'))
      await eventually(async () => (await source.state('b')).state, 'Refused')
      expect((await source.error('b')).message).toMatch(/t is defined by \S+ already/)
      await source.remove('a')
      await eventually(history, ['put WorkflowTemplate t', 'remove WorkflowTemplate t', 'put WorkflowTemplate t'])
    })

    it('says where a manifest is wrong, and takes it once it is right', async () => {
      await source.put('a', workflow('name: a').replace('entrypoint', 'entripoint'))
      await source.start()
      expect(await source.state('a')).toMatchObject({ state: 'Refused', phase: 'Error' })
      expect(await source.error('a')).toMatchObject({ line: 5, column: 3, message: 'unknown field "spec.entripoint"' })
      await source.put('a', workflow('name: a'))
      await eventually(history, ['create a'])
    })

    it('shows how workflows go on', async () => {
      await source.put('a', workflow('name: a'))
      await source.start()
      controller.become('a', { phase: 'Failed', progress: '1/1', message: 'exit code 3' })
      await eventually(() => source.state('a'), expect.objectContaining({ phase: 'Failed', message: 'exit code 3' }))
    })
  })
}
