/** Mistakes about finished workflows: how they leave the hot tables, come back, and are dropped. */
import type { Mutant } from '../mutant.ts'

const mover = 'src/controller/archive/mover.ts'
const pack = 'src/controller/archive/pack.ts'
const memoryArchive = 'src/store/memory/archive.ts'
const sqliteArchive = 'src/store/sqlite/archive.ts'
const sqliteApply = 'src/store/sqlite/archive-apply.ts'
const ofController = ['src/controller/archive/archive.test.ts']
const ofSqlite = ['src/store/sqlite/store.test.ts', 'src/store/sqlite/archive.test.ts']
const ofPostgres = ['src/store/postgres/store.postgres.test.ts']

export const archiveMutants: readonly Mutant[] = [
  {
    name: 'a workflow leaves the hot tables before it is in the archive',
    file: mover,
    find: '  await store.commit(archivingChanges(packed, { archivedAt: clock.now(), deleted: false }))\n',
    replace: "  void archivingChanges, void clock\n  await store.commit([{ kind: 'deleteWorkflow', uid }])\n",
    tests: ofController,
  },
  {
    name: 'a workflow is archived although it has changed since it was read',
    file: memoryArchive,
    find: 'if (found.row.resourceVersion !== change.resourceVersion) return',
    replace: 'if (found.row.resourceVersion < change.resourceVersion) return',
    tests: ['src/store/memory'],
  },
  {
    name: 'a workflow is archived without its parts',
    file: memoryArchive,
    find: 'some((i) => before?.has(i) !== true && !staged.has(i))',
    replace: 'every((i) => before?.has(i) !== true && !staged.has(i))',
    tests: ['src/store/memory'],
  },
  {
    name: 'nodes are lost on the way into the archive',
    file: pack,
    find: '    if (waitingBytes < stagedBytesMax || cursor === null) continue\n',
    replace: '    if (waitingBytes < stagedBytesMax || cursor === null) break\n',
    tests: ofController,
  },
  {
    name: 'the history stays behind in the hot tables',
    file: pack,
    find: "    ...history.map(([key]): Change => ({ kind: 'putRecord', collection: collectionOf(uid), key, value: null })),\n",
    replace: '',
    tests: ofController,
  },
  {
    name: 'a workflow that is being taken up again is moved',
    file: mover,
    find: '        if (isTaken(uid)) return false\n        const begunAt',
    replace: '        const begunAt',
    tests: ofController,
  },
  {
    name: 'two work on the same finished workflow',
    file: 'src/controller/archive/holds.ts',
    find: 'for (let other = this.#held.get(uid); other !== undefined; other = this.#held.get(uid)) await other',
    replace: 'void this.#held.get(uid)',
    tests: ofController,
  },
  {
    name: 'the newest leave the hot tables',
    file: memoryArchive,
    find: '.sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))',
    replace: '.sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0))',
    tests: [...ofController, 'src/store/memory'],
  },
  {
    name: 'retention drops the newest',
    file: memoryArchive,
    find: '.sort((a, b) => ageOf(a) - ageOf(b))',
    replace: '.sort((a, b) => ageOf(b) - ageOf(a))',
    tests: [...ofController, 'src/store/memory'],
  },
  {
    name: 'retention by count keeps one too few',
    file: mover,
    find: 'store.archive.oldest({ keep: newest, limit: perTurn })',
    replace: 'store.archive.oldest({ keep: Math.max(0, newest - 1), limit: perTurn })',
    tests: ofController,
  },
  {
    name: 'retention by age drops what is younger',
    file: mover,
    find: '    const finishedBefore = instant(clock.now() - (ttlMs ?? 0))\n',
    replace: '    const finishedBefore = instant(clock.now() + (ttlMs ?? 0))\n',
    tests: ofController,
  },
  {
    name: 'retention by age drops nothing',
    file: mover,
    find: 'const overAge = ttlMs === null ? [] :',
    replace: 'const overAge = ttlMs !== undefined ? [] :',
    tests: ofController,
  },
  {
    name: 'retention counts only what is hot',
    file: 'src/controller/expiry.ts',
    find: '      await this.#trimMoved(phase, Math.max(0, limit - hot))\n',
    replace: '      void this.#trimMoved\n',
    tests: ofController,
  },
  {
    name: 'retention of workflows deletes the newest of a phase',
    file: 'src/controller/expiry.ts',
    find: 'sort((a, b) => b.createdAt - a.createdAt)',
    replace: 'sort((a, b) => a.createdAt - b.createdAt)',
    kind: 'afterlife',
    tests: [
      'src/controller/archive',
      'src/controller/reconfigure.test.ts',
      'src/controller/controller.test.ts',
      'src/controller',
    ],
  },
  {
    name: 'retention of workflows that the store refused is not tried again',
    file: 'src/controller/expiry.ts',
    find: '        this.#alarms.set(trimAlarm, instant(this.#clock.now() + retryMs), () => this.trim())\n',
    replace: '        void trimAlarm\n',
    kind: 'afterlife',
  },
  {
    name: 'retention of workflows deletes one too many',
    file: 'src/controller/expiry.ts',
    find: 'of rows.slice(limit))',
    replace: 'of rows.slice(Math.max(0, limit - 1)))',
    kind: 'afterlife',
  },
  {
    name: 'retention of the archive keeps one too few where workflows come back',
    file: mover,
    find: 'const overNumber = newest === null ? [] :',
    replace:
      'const overNumber = newest === null ? [] : newest > 0 ? await store.archive.oldest({ keep: newest - 1, limit: perTurn }) :',
    kind: 'afterlife',
  },
  {
    name: 'an archive rests as long as a clock was set forward',
    file: mover,
    find: 'Math.min(Math.max(1, clock.now() - begunAt), restMsMost)',
    replace: 'Math.max(1, clock.now() - begunAt, restMsMost * 0)',
    kind: 'archive',
  },
  {
    name: 'a memoized resubmission carries attempts that nobody runs',
    file: 'src/engine/operations/resubmit.ts',
    find: "      attempts.of(node) !== 'made anew',\n",
    replace: '      attempts !== null,\n',
    kind: 'afterlife',
  },
  {
    name: 'everything is archived, whatever its labels',
    file: 'src/controller/archive/policy.ts',
    find: 'enabled && matchesLabelSelector(selector, metadata.labels ?? {})',
    replace: 'enabled && (selector.length >= 0 || matchesLabelSelector(selector, metadata.labels ?? {}))',
    tests: [...ofController, 'src/controller'],
  },
  {
    name: 'what goes back into the hot tables stays in the archive',
    file: 'src/controller/archive/put-back.ts',
    find: "    { kind: 'deleteArchived', uid },\n",
    replace: '',
    tests: ofController,
  },
  {
    name: 'what goes back into the hot tables leaves its nodes behind',
    file: 'src/controller/archive/put-back.ts',
    find: "changes.push({ kind: 'putNodes', uid, nodes: nodes.slice(from, from + nodesPerChange) })",
    replace: 'void changes',
    tests: ofController,
  },
  {
    name: 'what goes back into the hot tables leaves its history behind',
    file: 'src/controller/archive/put-back.ts',
    find: "changes.push({ kind: 'putRecord', collection: collectionOf(uid), key, value })",
    replace: 'void key, void value',
    tests: ofController,
  },
  {
    name: 'what is deleted does not stay in the archive',
    file: 'src/store/memory/archive.ts',
    find: 'this.rows.set(uid, { ...row, deleted: true })',
    replace: 'this.delete(uid)',
    tests: [...ofController, 'src/store/memory'],
  },
  {
    name: 'an archive that could not be written is given up',
    file: mover,
    find: '          this.#wake(this.#wakesSoon ? soonMs : nowAndThenMs)\n',
    replace: '          void nowAndThenMs\n',
    tests: ofController,
  },
  {
    name: 'SQLite: a workflow is archived although it has changed since it was read',
    file: sqliteApply,
    find: "if (row['resource_version'] !== change.resourceVersion) throw",
    replace: "if (row['resource_version'] === null) throw",
    tests: ofSqlite,
  },
  {
    name: 'SQLite: a workflow is archived without its parts',
    file: sqliteApply,
    find: 'if (staged !== parts) throw',
    replace: 'if (staged === undefined) throw',
    tests: ofSqlite,
  },
  {
    name: 'SQLite: nodes of an archived workflow stay in the hot tables',
    file: sqliteApply,
    find: "    else this.#sql('DELETE FROM node WHERE no >= ? AND no < ?').run(no * nodesPerWorkflow, (no + 1) * nodesPerWorkflow)\n",
    replace: '',
    tests: ofSqlite,
  },
  {
    name: 'SQLite: a sweep takes nodes of a live workflow',
    file: sqliteApply,
    find: "'DELETE FROM node WHERE no IN (SELECT no FROM node WHERE no >= ? AND no < ? ORDER BY no LIMIT ?)',\n    ).run(first, first + nodesPerWorkflow, most)",
    replace:
      "'DELETE FROM node WHERE no IN (SELECT no FROM node WHERE no >= ? AND no < ? ORDER BY no LIMIT ?)',\n    ).run(first, first + 2 * nodesPerWorkflow, most)",
    tests: ofSqlite,
  },
  {
    name: 'SQLite: retention drops the newest',
    file: sqliteArchive,
    find: 'FROM archive WHERE ${where}${before} ORDER BY ${order} LIMIT ?',
    replace: 'FROM archive WHERE ${where}${before} ORDER BY ${order} DESC LIMIT ?',
    tests: ofSqlite,
  },
  {
    name: 'Postgres: retention drops the newest',
    file: 'src/store/postgres/archive.ts',
    find: "FROM archive WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${put(most)}",
    replace: "FROM archive WHERE ${conditions.join(' AND ')} ORDER BY ${order} DESC LIMIT ${put(most)}",
    tests: ofPostgres,
  },
  {
    name: 'Postgres: the newest leave the hot tables',
    file: 'src/store/postgres/archive.ts',
    find: 'ORDER BY w.finished_at LIMIT',
    replace: 'ORDER BY w.finished_at DESC LIMIT',
    tests: ofPostgres,
  },
]
