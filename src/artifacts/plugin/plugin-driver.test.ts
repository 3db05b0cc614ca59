import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Artifact } from '../../resources/index.ts'
import { streamOf, textOf } from '../artifacts.fixtures/trees.ts'
import { createArtifacts } from '../artifacts.ts'
import { readTar } from '../archive/tar-read.ts'
import { writeTar } from '../archive/tar-write.ts'
import { defaultLimits, noContent } from '../archive/entry.ts'
import type { Entry } from '../archive/entry.ts'
import type { ArtifactContext, ArtifactDriver } from '../port.ts'
import { PluginDriver } from './plugin-driver.ts'

const program = join(import.meta.dirname, '..', 'artifacts.fixtures', 'artifact-driver.mjs')
const context: ArtifactContext = { namespace: 'default', secrets: () => null }

let base = ''
let driver: PluginDriver
let child: ChildProcess
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'plugin-'))
  mkdirSync(join(base, 'shared'))
  child = spawn(process.execPath, [program, join(base, 'socket')], {
    env: { ...process.env, ROOT: join(base, 'objects') },
    stdio: 'inherit',
  })
  await expect.poll(() => existsSync(join(base, 'socket'))).toBe(true)
  driver = new PluginDriver(() => Promise.resolve(endpoint()))
})
afterEach(() => {
  child.kill('SIGKILL')
  rmSync(base, { recursive: true, force: true })
})

const endpoint = () => ({
  socketPath: join(base, 'socket'),
  sharedPath: join(base, 'shared'),
  pathInDriver: join(base, 'shared'),
  connectionTimeoutMs: 2000,
})
const at = (key: string, more: Partial<Artifact> = {}): Artifact => ({
  name: 'a',
  plugin: { name: 'test', configuration: 'bucket: b\n', key },
  ...more,
})
const save = (key: string, ...parts: (string | Uint8Array)[]) => driver.save(at(key), key, streamOf(...parts), context)
const open = async (key: string) => textOf(await driver.open(at(key), context))
const list = async (key: string) => (await driver.list(at(key), context)).map((found) => found.key)

describe('a driver of the artifact protocol', () => {
  it('gives back what was saved', async () => {
    await save('wf/a.txt', 'one ', 'two')
    expect(await open('wf/a.txt')).toBe('one two')
    expect(await list('wf/a.txt')).toEqual(['wf/a.txt'])
  })
  it('streams many megabytes in both directions', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'abc')
    await save('big', ...Array.from({ length: 12 }, () => piece))
    let size = 0
    for await (const part of (await driver.open(at('big'), context)) ?? []) size += part.length
    expect(size).toBe(12 * piece.length)
  })
  it('has nothing where nothing was saved', async () => {
    expect(await driver.open(at('nowhere'), context)).toBeNull()
    expect(await driver.fetch(at('nowhere'), context)).toBeNull()
    expect(await list('nowhere')).toEqual([])
  })
  it('tells a folder from an object and opens one of its objects', async () => {
    await save('d/b', '1')
    await save('d/a/x', '22')
    expect(await driver.open(at('d'), context)).toBeNull()
    expect(await list('d')).toEqual(['d/a/x', 'd/b'])
    expect(await textOf(await driver.openKey(at('d'), 'd/a/x', context))).toBe('22')
  })
  it('deletes what is at and below a key, twice if need be', async () => {
    await save('d/b', '1')
    await save('e', '2')
    await driver.delete(at('d'), context)
    await driver.delete(at('d'), context)
    expect(await list('d')).toEqual([])
    expect(await open('e')).toBe('2')
  })
  it('is told nothing when the content breaks off', async () => {
    async function* broken() {
      yield Buffer.alloc(100_000, 'x')
      throw new Error('broken off')
    }
    await expect(driver.save(at('a'), 'a', broken(), context)).rejects.toThrow('broken off')
    expect(await driver.open(at('a'), context)).toBeNull()
  })
  it('leaves nothing in the folder that both sides see', async () => {
    await save('d/b', '1')
    await driver.fetch(at('nowhere'), context)
    const found = await driver.fetch(at('d/b'), context)
    if (found?.kind !== 'file') throw new Error('no file')
    expect(await textOf(found.content)).toBe('1')
    expect(readdirSync(join(base, 'shared'))).toEqual([])
  })
  it('says what the driver said, in the words of Argo', async () => {
    const wrong = at('k', { plugin: { name: 'test', configuration: '', key: 'k' } })
    await expect(driver.save(wrong, 'k', streamOf('x'), context)).rejects.toMatchObject({
      message: 'plugin test save failed: no bucket in the configuration',
      retryable: false,
    })
    await expect(driver.list(wrong, context)).rejects.toThrow('plugin test list objects failed: no bucket')
  })
  it('may be gone and come back: that passes', async () => {
    await save('a', '1')
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    const quick = at('a', {
      plugin: { name: 'test', configuration: 'bucket: b', key: 'a', connectionTimeoutSeconds: 1 },
    })
    await expect(driver.list(quick, context)).rejects.toMatchObject({ retryable: true })
    child = spawn(process.execPath, [program, join(base, 'socket')], {
      env: { ...process.env, ROOT: join(base, 'objects') },
    })
    await expect.poll(() => open('a').catch((error: unknown) => String(error)), { interval: 200 }).toBe('1')
  })
  it('stops when it is told to', async () => {
    const abort = new AbortController()
    async function* endless() {
      for (let i = 0; ; i++) {
        if (i === 5) abort.abort(new Error('told to stop'))
        yield Buffer.alloc(64 * 1024)
      }
    }
    await expect(driver.save(at('a'), 'a', endless(), { ...context, signal: abort.signal })).rejects.toThrow('told to')
    expect(readdirSync(join(base, 'shared'))).toEqual([])
  })
})

const file = (path: string, text: string): Entry => ({
  path,
  type: 'file',
  target: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  modifiedAt: 1,
  sizeBytes: text.length,
  content: streamOf(text),
})
const folder = (path: string): Entry => ({ ...file(path, ''), type: 'directory', mode: 0o755, content: noContent })
async function* entries(...all: Entry[]) {
  yield* all
}
async function filesIn(tar: AsyncIterable<Uint8Array> | null): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  if (tar === null) return found
  for await (const entry of readTar(tar, { limits: defaultLimits }))
    if (entry.type === 'file') found[entry.path] = (await textOf(entry.content)) ?? ''
  return found
}

describe('artifacts in the storage of a plugin', () => {
  const storage = (own?: ArtifactDriver) =>
    createArtifacts({ directory: join(base, 'own'), plugins: () => Promise.resolve(own ?? endpoint()) })

  it('are packed and unpacked like any others', async () => {
    const artifacts = storage()
    const tar = writeTar(entries(folder('out'), file('out/x', 'one'), file('out/y', 'two')))
    await artifacts.save(tar, at('wf/out.tgz', { path: '/out' }), context)
    const back = await artifacts.load(at('wf/out.tgz'), { path: '/in' }, context)
    expect(await filesIn(back)).toEqual({ 'in/x': 'one', 'in/y': 'two' })
  })
  it('are a file an object without an archive, and a folder again when loaded', async () => {
    const artifacts = storage()
    const tar = writeTar(entries(folder('out'), file('out/x', 'one'), folder('out/d'), file('out/d/y', 'two')))
    await artifacts.save(tar, at('plain', { path: '/out', archive: { none: {} } }), context)
    expect(await list('plain')).toEqual(['plain/d/y', 'plain/x'])
    const back = await artifacts.load(at('plain', { archive: { none: {} } }), { path: '/in' }, context)
    expect(await filesIn(back)).toEqual({ 'in/x': 'one', 'in/d/y': 'two' })
  })
  it('may lie in this process, where sizes need not be known', async () => {
    const objects = new Map<string, string>([
      ['k/x', 'one'],
      ['k/y', 'two'],
    ])
    const own: ArtifactDriver = {
      open: ({ plugin }) =>
        Promise.resolve(objects.has(plugin?.key ?? '') ? streamOf(objects.get(plugin?.key ?? '') ?? '') : null),
      openKey: (_artifact, key) => Promise.resolve(streamOf(objects.get(key) ?? '')),
      list: () => Promise.resolve([...objects.keys()].map((key) => ({ key }))),
      save: async (_artifact, key, content) => void objects.set(key, (await textOf(content)) ?? ''),
      delete: () => Promise.resolve(),
    }
    expect(await filesIn(await storage(own).load(at('k'), { path: '/in' }, context))).toEqual({
      'in/x': 'one',
      'in/y': 'two',
    })
  })
  it('are refused where no such storage is configured', async () => {
    const artifacts = createArtifacts({ directory: join(base, 'own') })
    await expect(artifacts.list(at('k'), context)).rejects.toThrow('artifact driver test not found')
  })
})
