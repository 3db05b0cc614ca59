import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ArchiveQuery } from '../archive.ts'
import type { Store } from '../port.ts'
import { openSqliteStore } from './store.ts'

const count = 100_000
let directory = ''
let store: Store

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drydock-archive-'))
  await (await openSqliteStore({ directory })).close()
  fill(join(directory, 'drydock.db'))
  store = await openSqliteStore({ directory })
}, 120_000)
afterAll(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

function fill(path: string): void {
  const db = new DatabaseSync(path)
  db.exec('BEGIN')
  const row = db.prepare(`INSERT INTO archive VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, 1, 1, 1, 1, 1, 1, ?, '{}')`)
  const label = db.prepare('INSERT INTO archive_label VALUES (?, ?, ?, ?)')
  for (let i = 1; i <= count; i++) {
    const labels = { team: `t${i % 10}`, run: `r${i % 1000}`, 'workflows.argoproj.io/completed': 'true' }
    const [at, phase] = [1_000_000 + i, i % 500 === 0 ? 'Error' : 'Succeeded']
    row.run(i, `uid-${i}`, i % 50 === 0 ? 'rare' : 'default', `job-${i}`, phase, at, at + 5, at, JSON.stringify(labels))
    for (const [key, value] of Object.entries(labels)) label.run(key, value, at, i)
  }
  db.exec('COMMIT')
  db.close()
}

const among = (key: string, ...values: readonly string[]) => ({ key, operator: 'in', values }) as const

describe('a page of 20 out of 100,000 archived workflows', () => {
  it.each<[string, ArchiveQuery, number]>([
    ['of all', {}, 21],
    ['of a label that many have', { labels: [among('workflows.argoproj.io/completed', 'true')] }, 21],
    ['of a label that few have', { labels: [among('run', 'r7')] }, 21],
    ['of several values', { labels: [among('team', 't1', 't2', 't3')] }, 21],
    ['of two labels, the rarer one first', { labels: [among('team', 't7'), among('run', 'r7')] }, 21],
    ['of two labels that nobody has both', { labels: [among('team', 't1'), among('run', 'r7')] }, 100],
    ['of phases that few have', { phases: ['Error', 'Failed'] }, 21],
    ['of a namespace', { namespace: 'rare' }, 21],
    ['of a name', { name: 'job-77777' }, 1],
    ['of names that begin so', { namePrefix: 'job-7777' }, 11],
  ])('%s looks at no more rows than it shows or could show', async (_, query, most) => {
    const { rows, visited } = await store.archive.page(query, { limit: 20 })
    expect(visited).toBeLessThanOrEqual(most)
    expect(rows.length).toBe(Math.min(most === 100 ? 0 : 20, most))
  })
  it('is found as fast in the middle: the place is looked up, not counted to', async () => {
    const { next } = await store.archive.page({}, { limit: 20, offset: count / 2 })
    const page = await store.archive.page({}, { limit: 20, cursor: next })
    expect(page.visited).toBe(21)
    expect(page.rows[0]?.name).toBe(`job-${count / 2 - 20}`)
  })
  it('of a condition that no index knows goes through them in portions, and finds what there is', async () => {
    const turns = { count: 0 }
    const watching = setInterval(() => turns.count++, 1)
    const { rows } = await store.archive.page({ nameContains: '-31337' }, { limit: 20 })
    clearInterval(watching)
    expect(rows.map(({ name }) => name)).toEqual(['job-31337'])
    expect(turns.count).toBeGreaterThan(20)
  })
  it('counts what an index counts, and lists labels without reading rows', async () => {
    expect(await store.archive.count({})).toBe(count)
    expect(await store.archive.count({ labels: [among('run', 'r7')] })).toBe(100)
    expect(await store.archive.labelKeys()).toEqual(['run', 'team', 'workflows.argoproj.io/completed'])
    expect(await store.archive.labelValues('team')).toHaveLength(10)
  })
  it('walks indexes and sorts nothing', () => {
    const db = new DatabaseSync(join(directory, 'drydock.db'), { readOnly: true })
    const planOf = (sql: string) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map((step) => String(step['detail']))
        .join('; ')
    const plans = [
      planOf(
        'SELECT sort_at, no FROM archive WHERE 1 = 1 AND (sort_at, no) < (5, 5) ORDER BY sort_at DESC, no DESC LIMIT 9',
      ),
      planOf(
        "SELECT sort_at, no FROM archive WHERE phase = 'x' AND (sort_at, no) < (5, 5) ORDER BY sort_at DESC, no DESC LIMIT 9",
      ),
      planOf(
        "SELECT sort_at, archive FROM archive_label WHERE key = 'a' AND value = 'b' AND (sort_at, archive) < (5, 5) ORDER BY sort_at DESC, archive DESC LIMIT 9",
      ),
    ]
    db.close()
    for (const plan of plans) {
      expect(plan).toMatch(/SEARCH \w+ USING (COVERING INDEX|PRIMARY KEY)/)
      expect(plan).not.toContain('TEMP B-TREE')
    }
  })
})
