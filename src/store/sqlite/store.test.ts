import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instant } from '../../resources/index.ts'
import { nodeRow, storeContract, uidOf, workflowRow } from '../store.contract.ts'
import type { Change, Store } from '../port.ts'
import { openSqliteStore } from './store.ts'
import type { SqliteStoreOptions } from './store.ts'

const scratch = () => mkdtempSync(join(tmpdir(), 'drydock-store-'))

storeContract('the SQLite store', () => {
  const directory = scratch()
  return {
    open: () => openSqliteStore({ directory }),
    dispose: async () => {
      rmSync(directory, { recursive: true })
    },
    nodeRows: async () => {
      const db = new DatabaseSync(join(directory, 'drydock.db'), { readOnly: true })
      const row = db.prepare('SELECT count(*) AS n FROM node').get()
      db.close()
      return Number(row?.['n'])
    },
  }
})

describe('the SQLite store', () => {
  let directory: string
  let opened: Store[]
  beforeEach(() => {
    directory = scratch()
    opened = []
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const open = async (more: Partial<SqliteStoreOptions> = {}) => {
    const store = await openSqliteStore({ directory, ...more })
    opened.push(store)
    return store
  }

  it('keeps no row of a node whose workflow it has archived', async () => {
    const store = await open()
    const [uid, nodes] = [uidOf(1), [nodeRow('a'), nodeRow('b')]]
    const ended = workflowRow(1, { phase: 'Succeeded', finished: true, finishedAt: instant(5000) })
    const { resourceVersion } = await store.commit([
      { kind: 'putWorkflow', row: ended },
      { kind: 'putNodes', uid, nodes },
    ])
    const moved = {
      kind: 'archiveWorkflow',
      uid,
      resourceVersion,
      archivedAt: instant(9000),
      parts: 1,
      nodes: 2,
    } as const
    await store.commit([
      { kind: 'stageParts', uid, first: 0, parts: [new Uint8Array([1])] },
      { ...moved, bytes: 1, summary: '{}', deleted: false },
    ])
    const db = new DatabaseSync(join(directory, 'drydock.db'), { readOnly: true })
    expect(db.prepare('SELECT count(*) AS n FROM node').get()).toEqual({ n: 0 })
    db.close()
  })
  const put = (number: number, body: unknown = {}): Change => ({
    kind: 'putWorkflow',
    row: workflowRow(number, { body }),
  })
  const database = () => join(directory, 'drydock.db')

  it('lets one daemon work on a directory and names the other', async () => {
    await open()
    await expect(open()).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: false })
    await expect(open()).rejects.toThrow(`process ${process.pid}`)
  })
  it('can be opened again once it is closed', async () => {
    const store = await open()
    await store.close()
    expect(await (await open()).currentVersion()).toBe(0)
  })
  it('folds its log into the file while it works, so that the log does not grow', async () => {
    const store = await open()
    const text = 'x'.repeat(1024 * 1024)
    for (let round = 0; round < 64; round += 1) await store.commit([put(round % 8, { text })])
    expect(statSync(`${database()}-wal`).size).toBeLessThan(32 * 1024 * 1024)
    expect(statSync(database()).size).toBeGreaterThan(8 * 1024 * 1024)
  })
  it('writes nothing when it is opened, so that a daemon can start on a full disk', async () => {
    const store = await open()
    await store.commit([put(1, {})])
    await store.close()
    await open()
    expect(statSync(`${database()}-wal`).size).toBe(0)
  })
  it('refuses a database with a newer schema and leaves it alone', async () => {
    await (await open()).close()
    const db = new DatabaseSync(database())
    db.exec("INSERT INTO schema_migration VALUES (99, 'from the future', 'x')")
    db.close()
    await expect(open()).rejects.toMatchObject({ code: 'STORE_NEWER_SCHEMA', retryable: false })
  })
  it('refuses a database whose migrations were others', async () => {
    await (await open()).close()
    const db = new DatabaseSync(database())
    db.exec("UPDATE schema_migration SET checksum = 'x'")
    db.close()
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FOREIGN_SCHEMA' })
  })
  it('refuses a database of another program', async () => {
    const db = new DatabaseSync(database())
    db.exec('CREATE TABLE cookies (a)')
    db.close()
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FOREIGN_SCHEMA' })
  })
  it('says that a damaged file is damaged, and gives the lock back', async () => {
    writeFileSync(database(), 'this is no database '.repeat(500))
    await expect(open()).rejects.toMatchObject({ code: 'STORE_CORRUPT', retryable: false })
    rmSync(database())
    await open()
  })
  it.each(['/dev/null/below', '/sys/drydock-store-test'])('says that it cannot write to %s', async (unwritable) => {
    await expect(open({ directory: unwritable })).rejects.toMatchObject({ code: 'STORE_READONLY', retryable: false })
  })
  it('reports a full disk, keeps what was there, and takes what still fits', async () => {
    const store = await open({ sizeBytesMax: 400_000 })
    await store.commit([put(1)])
    const results = await Promise.allSettled([store.commit([put(2, 'x'.repeat(600_000))]), store.commit([put(3)])])
    expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'STORE_FULL', retryable: false } })
    expect(results[1]).toMatchObject({ status: 'fulfilled' })
    expect((await store.workflows({})).map(({ name }) => name)).toEqual(['wf-3', 'wf-1'])
  })
  it('reports a database that another process keeps locked as busy, and goes on afterwards', async () => {
    const store = await open({ busyTimeoutMs: 20 })
    const other = new DatabaseSync(database())
    other.exec('BEGIN IMMEDIATE')
    await expect(store.commit([put(1)])).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true })
    other.exec('ROLLBACK')
    other.close()
    await store.commit([put(1)])
    expect(await store.countWorkflows({})).toBe(1)
  })
  it('writes what waits before it closes', async () => {
    const store = await open()
    const commits = Array.from({ length: 20 }, (_, i) => store.commit([put(i)]))
    await store.close()
    await Promise.all(commits)
    expect(await (await open()).countWorkflows({})).toBe(20)
  })
  it('numbers nodes anew after a rollback without losing or doubling any', async () => {
    const store = await open()
    await store.commit([put(1), { kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('a')] }])
    const nodes = [nodeRow('b'), nodeRow('c')]
    const bad: Change = { kind: 'putNodes', uid: uidOf(8), nodes }
    await expect(store.commit([{ kind: 'putNodes', uid: uidOf(1), nodes }, bad])).rejects.toThrow('not there')
    await store.commit([{ kind: 'putNodes', uid: uidOf(1), nodes: [nodeRow('c'), nodeRow('a', { message: 'x' })] }])
    expect((await store.nodes(uidOf(1))).map(({ id }) => id)).toEqual(['a', 'c'])
  })
  it('keeps every commit it has acknowledged when the process is killed at any instant', async () => {
    const script = fileURLToPath(new URL('./store.fixtures/commit-forever.ts', import.meta.url))
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, [script, directory, String(round * 1_000_000)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        if (said.length > 300 + round * 700) child.kill('SIGKILL')
      })
      await new Promise((resolve) => child.on('close', resolve))
      const durable = said.split('\n').slice(0, -1).map(Number)
      expect(durable.length).toBeGreaterThan(3)
      const store = await open()
      for (const number of durable) expect((await store.nodes(uidOf(number))).length, String(number)).toBe(3)
      expect((await store.workflows({})).length).toBeGreaterThanOrEqual(durable.length)
      await store.close()
    }
  }, 60_000)
})
