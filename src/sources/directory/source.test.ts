import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { processorMs } from '../../../test/processor-time.ts'
import { parse } from 'yaml'
import { WorldError } from '../../resources/index.ts'
import { openMemoryStore } from '../../store/index.ts'
import type { Store } from '../../store/index.ts'
import { MemoryController } from '../rules/rules.fixtures/memory-controller.ts'
import { eventually, referring, template, workflow } from '../sources.contract.ts'
import { openFolder } from './source.fixtures/open-folder.ts'
import type { DirectorySource } from './source.ts'
import type { DirectorySourceOptions } from './source.ts'

let folder = ''
let store: Store
let controller: MemoryController
let source: DirectorySource | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-test-'))
  store = openMemoryStore()
  controller = new MemoryController()
})
afterEach(async () => {
  await source?.close()
  source = null
  await rm(folder, { recursive: true, force: true })
})

async function start(more: Partial<DirectorySourceOptions> = {}): Promise<DirectorySource> {
  await source?.close()
  source = await openFolder({ folder, controller, store, ...more })
  return source
}
const put = (path: string, text: string) => writeFile(join(folder, path), text)
async function replace(path: string, text: string): Promise<void> {
  await writeFile(join(folder, '.new'), text)
  await new Promise((resolve) => setTimeout(resolve, 5)) // so that the rename's time differs from the writing's
  await rename(join(folder, '.new'), join(folder, path))
}
const status = async (path: string) =>
  parse(await readFile(join(folder, '.status', path), 'utf8')) as Record<string, unknown>

it('writes down what became of a file only where it may, and the last of it', async () => {
  let verdict = Promise.resolve()
  await put('a.yaml', workflow('name: a'))
  await start({ inCharge: () => verdict })
  expect((await status('a.yaml'))['phase']).toBe('Running')
  verdict = Promise.reject(new WorldError('STORE_LOCKED', 'another has taken over', { retryable: false }))
  verdict.catch(() => undefined)
  controller.become('a', { phase: 'Running', progress: '1/2' })
  await writeFile(join(folder, '.status', 'a.yaml'), 'phase: Succeeded')
  await source?.close()
  expect(await status('a.yaml')).toEqual({ phase: 'Succeeded' })
  expect(await readdir(join(folder, '.status'))).toEqual(['a.yaml'])
})

it('takes away what a killed daemon left in .status: halves, and files of manifests that are no more', async () => {
  await mkdir(join(folder, '.status', 'x'), { recursive: true })
  const left = (path: string, text: string) => writeFile(join(folder, '.status', path), text)
  await left('gone.yaml', 'file: gone.yaml\nstate: Admitted\n')
  await left('x/gone.json.yaml', 'file: x/gone.json\nstate: Admitted\n')
  await left('a.json.yaml.123.tmp', 'file: a.js')
  await left('own.yaml', 'kind: of somebody else\n')
  await left('broken.yaml', '{ file: [\n')
  await left('a: b.yaml', 'file: "a: b.yaml"\nstate: Admitted\n')
  await left('notes.txt', 'file: notes.txt\n')
  await put('a.json', JSON.stringify(parse(workflow('name: a', '', 'echo'))))
  await start()
  await source?.idle()
  const standing = (await readdir(join(folder, '.status'), { recursive: true })).toSorted()
  expect(standing).toEqual(['a.json.yaml', 'broken.yaml', 'notes.txt', 'own.yaml', 'x'])
  expect(await status('a.json.yaml')).toMatchObject({ file: 'a.json', phase: 'Running' })
})

describe('a manifest with generateName', () => {
  it('runs once per content, whatever its layout, also over restarts', async () => {
    await put('a.yaml', workflow('generateName: a-'))
    await start()
    const [name = ''] = [...controller.workflows.keys()]
    expect(name).toMatch(/^default\/a-[a-z0-9]{5}$/)
    await replace('a.yaml', `# a comment\n${workflow('generateName: a-')}`)
    await start()
    await start()
    expect(controller.history).toHaveLength(1)
    await replace('a.yaml', workflow('generateName: a-', '', 'false'))
    await eventually(() => controller.history.length, 2)
    await replace('a.yaml', workflow('generateName: a-'))
    await start()
    expect(controller.history).toHaveLength(2)
  })

  it('is not run again after a crash between creating and remembering', async () => {
    await put('a.yaml', workflow('generateName: a-'))
    controller.dieAfterCreate = new Error('power cut')
    await start()
    expect(controller.history).toHaveLength(1)
    expect((await status('a.yaml'))['state']).toBe('Admitted')
  })

  it('runs anew when its file was deleted and is dropped again', async () => {
    await put('a.yaml', workflow('generateName: a-'))
    await start()
    const [first = ''] = [...controller.workflows.values()].map(({ metadata }) => metadata.name ?? '')
    controller.become(first, { phase: 'Succeeded' })
    await rm(join(folder, 'a.yaml'))
    await start()
    expect(controller.workflows.size).toBe(1)
    await put('a.yaml', workflow('generateName: a-'))
    await eventually(() => controller.workflows.size, 2)
  })

  it('gives every one of several equal files and documents a run', async () => {
    const two = `${workflow('generateName: a-')}---\n${workflow('generateName: a-')}`
    await put('a.yaml', two)
    await put('b.yaml', two)
    await start()
    expect(controller.workflows.size).toBe(4)
  })
})

describe('a manifest with a name', () => {
  it('runs anew with an edited spec once it has ended', async () => {
    await put('a.yaml', workflow('name: a'))
    await start()
    controller.become('a', { phase: 'Failed' })
    await replace('a.yaml', workflow('name: a', '', 'false'))
    await eventually(() => controller.history, ['create a', 'delete a', 'create a'])
    await start()
    expect(controller.history).toHaveLength(3)
  })

  it('is refused an edit while it runs, and says so; saving it again after the end runs it', async () => {
    await put('a.yaml', workflow('name: a'))
    await start()
    await replace('a.yaml', workflow('name: a', '', 'false'))
    await eventually(async () => (await status('a.yaml'))['state'], 'Refused')
    expect((await status('a.yaml'))['message']).toMatch(
      /a\.yaml:3:\d+ .*only suspend, shutdown, parallelism, priority and activeDeadlineSeconds may change/,
    )
    controller.become('a', { phase: 'Succeeded' })
    await start()
    expect(controller.history).toEqual(['create a'])
    await replace('a.yaml', workflow('name: a', '', 'false'))
    await eventually(() => controller.history, ['create a', 'delete a', 'create a'])
  })

  it('may change what may change while it runs', async () => {
    await put('a.yaml', workflow('name: a', '  suspend: true\n  priority: 1\n'))
    await start()
    await replace('a.yaml', workflow('name: a', '  priority: 2\n  activeDeadlineSeconds: 9\n'))
    await eventually(
      () => controller.operations,
      [{ kind: 'edit', suspend: null, priority: 2, activeDeadlineSeconds: 9 }],
    )
    await replace('a.yaml', workflow('name: a', '  priority: 2\n  shutdown: Stop\n'))
    await eventually(() => controller.operations[1], { kind: 'edit', activeDeadlineSeconds: null, shutdown: 'Stop' })
    expect((await status('a.yaml'))['state']).toBe('Admitted')
  })

  it('is terminated and removed with its file while it runs; a finished one stays', async () => {
    await put('a.yaml', workflow('name: a'))
    await put('b.yaml', workflow('name: b'))
    await start()
    controller.become('b', { phase: 'Succeeded' })
    await rm(join(folder, 'a.yaml'))
    await rm(join(folder, 'b.yaml'))
    await eventually(() => [...controller.workflows.keys()], ['default/b'])
    await eventually(() => readFile(join(folder, '.status', 'a.yaml')).catch(() => 'gone'), 'gone')
  })

  it('goes with a file that was deleted while nobody looked', async () => {
    await put('a.yaml', workflow('name: a'))
    await (await start()).close()
    await rm(join(folder, 'a.yaml'))
    await start()
    await eventually(() => controller.workflows.size, 0)
  })

  it('goes on when its file is renamed', async () => {
    await put('a.yaml', workflow('name: a'))
    await start()
    await rename(join(folder, 'a.yaml'), join(folder, 'b.yaml'))
    await eventually(async () => (await status('b.yaml').catch(() => ({}) as never))['phase'], 'Running')
    await start()
    expect(controller.history).toEqual(['create a'])
  })
})

describe('templates', () => {
  it('are admitted before the workflows of their batch', async () => {
    await put('a.yaml', referring('w', 'later'))
    await put('z.yaml', template('later'))
    await start()
    await eventually(() => controller.history, ['put WorkflowTemplate later', 'create w'])
  })

  it('are waited for a little', async () => {
    await put('a.yaml', referring('w', 't'))
    await start()
    expect(controller.history).toEqual([])
    expect(await status('a.yaml')).toMatchObject({ state: 'Waiting', message: 'waits for WorkflowTemplate t' })
    await put('t.yaml', template('t'))
    await eventually(() => controller.history, ['put WorkflowTemplate t', 'create w'])
  })

  it('go with their file, and to the next file that defines them', async () => {
    await put('a.yaml', template('t'))
    await start()
    await put('b.yaml', template('t'))
    await eventually(
      async () => (await status('b.yaml').catch(() => ({}) as never))['message'],
      expect.stringMatching(/b\.yaml:3:\d+ .*t is defined by a\.yaml already/),
    )
    await rm(join(folder, 'a.yaml'))
    await eventually(
      () => controller.history,
      ['put WorkflowTemplate t', 'remove WorkflowTemplate t', 'put WorkflowTemplate t'],
    )
    await replace('b.yaml', template('other'))
    await eventually(() => controller.history.slice(3), ['put WorkflowTemplate other', 'remove WorkflowTemplate t'])
  })
})

describe('the folder', () => {
  it('is watched below, but not where names begin with a dot, nor for what editors leave', async () => {
    await start()
    await mkdir(join(folder, 'x', 'y'), { recursive: true })
    await put('x/y/a.yaml', workflow('name: a'))
    await put('.hidden.yaml', workflow('name: h'))
    await put('#b.yaml', workflow('name: b'))
    await put('c.yaml~', workflow('name: c'))
    await put('d.tmp.yaml', workflow('name: d'))
    await put(
      'e.json',
      JSON.stringify({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'WorkflowTemplate',
        metadata: { name: 'e' },
        spec: { templates: [] },
      }),
    )
    await eventually(() => controller.history.toSorted(), ['create a', 'put WorkflowTemplate e'])
    expect(await status('x/y/a.yaml')).toMatchObject({ file: 'x/y/a.yaml', phase: 'Running' })
  })

  it('refuses links that leave it and follows those that do not', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'sources-outside-'))
    await writeFile(join(outside, 'o.yaml'), workflow('name: outside'))
    await mkdir(join(folder, '.data'))
    await put('.data/i.yaml', workflow('name: inside'))
    await symlink(join(outside, 'o.yaml'), join(folder, 'o.yaml'))
    await symlink(outside, join(folder, 'linked'))
    await symlink('.data/i.yaml', join(folder, 'i.yaml'))
    await start()
    expect(controller.history).toEqual(['create inside'])
    expect(await status('o.yaml')).toMatchObject({
      state: 'Refused',
      errors: [{ message: 'is a symbolic link that leaves the folder' }],
    })
    await rm(outside, { recursive: true })
  })

  it('waits for slow writers, whatever they have written so far', async () => {
    await start()
    const lines = workflow('name: slow', '  arguments: { parameters: [{ name: a, value: b }] }\n').split(/(?<=\n)/)
    for (const line of lines) {
      await appendFile(join(folder, 'slow.yaml'), line)
      await new Promise((resolve) => setTimeout(resolve, 90))
    }
    await eventually(() => controller.history, ['create slow'])
    expect(controller.workflows.get('default/slow')?.spec.templates?.[0]?.container?.command).toEqual(['true'])
    await eventually(async () => (await status('slow.yaml').catch(() => ({}) as never))['state'], 'Admitted')
  })

  it.runIf(process.platform === 'linux')('does not read what another process still has open for writing', async () => {
    await start()
    const file = await open(join(folder, 'held.yaml'), 'w')
    await file.write(workflow('name: held'))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(controller.history).toEqual([])
    await file.close()
    await eventually(() => controller.history, ['create held'])
  })

  it('says where a file is wrong, and takes it once it is right', async () => {
    await put('a.yaml', workflow('name: a').replace('entrypoint', 'entripoint'))
    await start()
    expect(await status('a.yaml')).toMatchObject({
      state: 'Refused',
      phase: 'Error',
      errors: [{ at: 'a.yaml:5:3', message: 'unknown field "spec.entripoint"', hint: 'did you mean "entrypoint"?' }],
    })
    await replace('a.yaml', workflow('name: a'))
    await eventually(() => controller.history, ['create a'])
  })

  it('shows how its workflows go on', async () => {
    await put('a.yaml', workflow('name: a'))
    await start()
    controller.become('a', {
      phase: 'Failed',
      progress: '1/1',
      message: 'exit code 3',
      finishedAt: '2026-01-01T00:00:00Z',
    })
    await eventually(() => status('a.yaml'), {
      file: 'a.yaml',
      state: 'Admitted',
      phase: 'Failed',
      progress: '1/1',
      message: 'exit code 3',
      objects: [
        expect.objectContaining({
          kind: 'Workflow',
          name: 'a',
          uid: 'uid-a',
          phase: 'Failed',
          finishedAt: '2026-01-01T00:00:00Z',
        }),
      ],
    })
  })

  it('removes nothing when it is away as a whole', async () => {
    await put('a.yaml', workflow('name: a'))
    await start({ sweepMs: 50 })
    await rename(folder, `${folder}-away`)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(controller.history).toEqual(['create a'])
    await rename(`${folder}-away`, folder)
  })

  it('takes in 10,000 files without looking at each again and again, and after a restart none of them again', async () => {
    const numbers = Array.from({ length: 10_000 }, (_, number) => number)
    await Promise.all(
      numbers.map((number) => put(`f${number}.yaml`, workflow('generateName: many-', '', String(number)))),
    )
    const tookMs = await processorMs(() => start({ status: false }))
    expect(controller.workflows.size).toBe(10_000)
    expect(tookMs).toBeLessThan(60_000)
    const againMs = await processorMs(() => start({ status: false }))
    expect(controller.history).toHaveLength(10_000)
    expect(againMs).toBeLessThan(30_000)
    console.log(`10,000 files: ${Math.round(tookMs)} ms, again: ${Math.round(againMs)} ms`)
  }, 600_000)
})
