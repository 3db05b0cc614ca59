/** Mistakes about who is in charge: leases and their epochs, owners, take-overs, and hands that are taken off in time. */
import type { Mutant } from '../mutant.ts'

const memoryStore = 'src/store/memory/store.ts'
const memoryFleet = 'src/store/memory/fleet.ts'
const session = 'src/store/memory/session.ts'
const fence = 'src/controller/fleet/fence.ts'
const succession = 'src/controller/fleet/succession.ts'
const adoption = 'src/controller/fleet/adoption.ts'
const membership = 'src/controller/fleet/membership.ts'
const podLife = 'src/controller/pods/pod-life.ts'
const ofMemory = ['src/store/memory/fleet.test.ts']
const ofFleet = ['src/controller/fleet/fleet.test.ts']
const postgresFleet = ['src/store/postgres/fleet.postgres.test.ts']
const postgresStore = ['src/store/postgres/outage.postgres.test.ts', 'src/store/postgres/store.postgres.test.ts']

export const fencingMutants: readonly Mutant[] = [
  {
    name: 'a commit does not ask whether its store still leads',
    file: memoryStore,
    find: '    this.#mustLead()\n    const committed',
    replace: '    const committed',
  },
  {
    name: 'to confirm that one leads asks nobody',
    file: memoryStore,
    find: "    if (this.#state === 'closed') throw closed()\n    if (this.#session) await this.#session.connected()\n    this.#mustLead()\n",
    replace: "    if (this.#state === 'closed') throw closed()\n",
  },
  {
    name: 'nobody confirms that he leads',
    file: 'src/controller/build-core.ts',
    find: 'const confirm = store.confirm?.bind(store) ?? null',
    replace: 'const confirm = null as (() => Promise<void>) | null',
  },
  {
    name: 'containers are made without asking who leads',
    file: 'src/controller/pods/making.ts',
    find: '  if (parts.confirm !== null) await parts.confirm()\n  signal.throwIfAborted()\n  await parts.runtime.prepare(',
    replace: '  signal.throwIfAborted()\n  await parts.runtime.prepare(',
  },
  {
    name: 'containers are started without asking who leads',
    file: podLife,
    find: '    if (this.#parts.confirm !== null) await this.#parts.confirm()\n    signal.throwIfAborted()\n    await this.#parts.runtime.start(',
    replace: '    signal.throwIfAborted()\n    await this.#parts.runtime.start(',
  },
  {
    name: 'containers are removed without asking who leads',
    file: 'src/controller/pods/removals.ts',
    find: '        if (this.#confirm !== null) await this.#confirm()\n',
    replace: '        void this.#confirm\n',
  },
  {
    name: 'volumes are made without asking who leads',
    file: 'src/controller/tasks/claims.ts',
    find: '      if (this.#confirm !== null) await this.#confirm()\n',
    replace: '      void this.#confirm\n',
  },
  {
    name: 'a volume that comes back with a late pod is nobody’s',
    file: 'src/controller/pods/volumes.ts',
    find: 'claimOwnerOf(context.namespace, claim)),',
    replace: 'null),',
    kind: 'wide',
  },
  {
    name: 'a start goes on after the wait for the answer who leads',
    file: podLife,
    find: '    if (this.#parts.confirm !== null) await this.#parts.confirm()\n    signal.throwIfAborted()\n    await this.#parts.runtime.start(request, signal)',
    replace:
      '    if (this.#parts.confirm !== null) await this.#parts.confirm()\n    await this.#parts.runtime.start(request, this.#signal)',
    tests: ['src/controller/pods/pods.test.ts'],
  },
  {
    name: 'who is cut off is not fenced off',
    file: fence,
    find: '() => this.#raise())',
    replace: '() => void this.#raise)',
    kind: 'fleet',
  },
  {
    name: 'who is fenced off goes on with old knowledge when the store is back',
    file: fence,
    find: '      for (const live of [...runs.all()]) await this.#openAnew(live)\n',
    replace: '      for (const live of []) await this.#openAnew(live)\n',
    kind: 'fleet',
  },
  {
    name: 'who is fenced off does not look which containers there are when the store is back',
    file: fence,
    find: 'await persevere(() => pods.relist(), { clock, signal })',
    replace: 'await persevere(async () => void pods, { clock, signal })',
    kind: 'fleet',
  },
  {
    name: 'a take-over leaves the lease of the one that has gone as it is',
    file: memoryFleet,
    find: '      if (lease) lease.epoch += 1\n',
    replace: '',
    kind: 'fleet',
  },
  {
    name: 'one takes over from a member that lives',
    file: memoryFleet,
    find: 'if (lease?.holder != null || member === this.name) return []',
    replace: 'if (member === this.name) return []',
    tests: ofMemory,
  },
  {
    name: 'one takes over without making the workflows its own',
    file: succession,
    find: 'const uids = await port.takeOver(member.name)',
    replace: 'const uids = (await store.workflows({ finished: false, owner: member.name })).map(({ uid }) => uid)',
    kind: 'fleet',
  },
  {
    name: 'the owner’s row is not taken with the workflow',
    file: memoryFleet,
    find: '      this.#disk.workflows.set(uid, { ...stored, row: { ...stored.row, owner: to } })\n',
    replace: '',
    kind: 'fleet',
  },
  {
    name: 'a member writes workflows of another',
    file: 'src/store/memory/touched.ts',
    find: 'if (stored && !stored.finished && ownerOf(stored) !== by)',
    replace: 'if (stored && stored.finished && !stored.finished)',
    tests: ofMemory,
  },
  {
    name: 'a member takes up at its start what is another’s',
    file: 'src/controller/recovery.ts',
    find: 'const owner = core.fleet === null ? {} : { owner: core.fleet.name }',
    replace: 'const owner = {}',
    kind: 'fleet',
  },
  {
    name: 'a connection that is back goes on under a lease that another has had',
    file: session,
    find: 'if (fleet.leases.get(this.name)?.epoch === this.epoch) {',
    replace: 'if (fleet.leases.has(this.name)) {',
    kind: 'fleet',
  },
  {
    name: 'a session that was overtaken goes on committing',
    file: session,
    find: 'return lease?.epoch === this.epoch && lease.holder === this',
    replace: 'return lease !== undefined',
    kind: 'fleet',
  },
  {
    name: 'one takes over before the other has let go',
    file: membership,
    find: '(member.isDraining || member.goneForMs >= takeOverAfterMs)',
    replace: '(member.isDraining || member.goneForMs >= 0 || takeOverAfterMs < 0)',
    tests: ['src/controller/fleet/membership.test.ts'],
  },
  {
    name: 'a drain hands workflows over while their containers are being started',
    file: 'src/controller/fleet/hand-over.ts',
    find: 'await Promise.race([Promise.all(runs.map(({ uid }) => core.pods.letGo(uid))), pause(core, quietMs)])',
    replace: 'void quietMs',
    tests: ofFleet,
  },
  {
    name: 'what is taken over begins without looking which containers there are',
    file: adoption,
    find: '      if (anyMayHavePods) await this.#list(core)\n',
    replace: '      void this.#list\n',
    kind: 'fleet',
  },
  {
    name: 'what is on its way into memory has its containers swept away',
    file: adoption,
    find: '    for (const { uid } of rows) this.#coming.add(uid)\n',
    replace: '',
    kind: 'fleet',
  },
  {
    name: 'what a member that has gone was still to do is left undone',
    file: 'src/controller/fleet/own-records.ts',
    find: 'await store.commit(changes.slice(start, start + 500))',
    replace: 'void start',
    tests: ofFleet,
  },
  {
    name: 'nobody takes over',
    file: succession,
    find: '    if (heir === port.name || (isLate && isAble)) return this.#takeOver(member)\n',
    replace: '    void isLate, void isAble\n',
    kind: 'fleet',
  },
  {
    name: 'all members tick',
    file: 'src/store/memory/session.ts',
    find: 'this.#tellRole(role, roles.get(role.name) === this)',
    replace: 'this.#tellRole(role, true)',
    tests: ofMemory,
  },
  {
    name: 'Postgres: a commit under an old epoch is stored',
    file: 'src/store/postgres/commit-function.ts',
    find: 'WHERE l.name = lease AND l.epoch = held_epoch;',
    replace: 'WHERE l.name = lease;',
    tests: postgresStore,
  },
  {
    name: 'Postgres: portions of a commit are stored without the rest of it',
    file: 'src/store/postgres/node-portions.ts',
    find: "await client.query('BEGIN')",
    replace: '',
    tests: postgresStore,
  },
  {
    name: 'Postgres: a commit that is refused after its portions spoils the next',
    file: 'src/store/postgres/node-portions.ts',
    find: "if (!isConnectionFault(error)) await client.query('ROLLBACK')",
    replace: '',
    tests: postgresStore,
  },
  {
    name: 'Postgres: a member’s commit under an old epoch is stored',
    file: 'src/store/postgres/fleet-functions.ts',
    find: 'WHERE l.name = lease AND l.epoch = held_epoch FOR UPDATE;',
    replace: 'WHERE l.name = lease FOR UPDATE;',
    tests: postgresFleet,
  },
  {
    name: 'Postgres: a member writes workflows of another',
    file: 'src/store/postgres/fleet-functions.ts',
    find: 'WHERE NOT w.finished AND w.owner <> lease LIMIT 1;',
    replace: 'WHERE NOT w.finished AND w.owner IS NULL LIMIT 1;',
    tests: postgresFleet,
  },
  {
    name: 'Postgres: a take-over leaves the epoch as it is',
    file: 'src/store/postgres/fleet.ts',
    find: "UPDATE lease SET epoch = epoch + 1, holder = '' WHERE name = $1",
    replace: 'UPDATE lease SET epoch = epoch WHERE name = $1',
    tests: postgresFleet,
  },
  {
    name: 'Postgres: one takes over from a member that lives',
    file: 'src/store/postgres/fleet.ts',
    find: 'if (free.rows[0]?.free !== true) return []',
    replace: 'if (free.rows.length === 0) return []',
    tests: postgresFleet,
  },
  {
    name: 'Postgres: a new holder begins under the old epoch',
    file: 'src/store/postgres/lease.ts',
    find: 'ON CONFLICT (name) DO UPDATE SET epoch = lease.epoch + 1, holder = excluded.holder',
    replace: 'ON CONFLICT (name) DO UPDATE SET epoch = lease.epoch, holder = excluded.holder',
    tests: postgresStore,
  },
  {
    name: 'Postgres: one goes on whose lease another has held in between',
    file: 'src/store/postgres/lease.ts',
    find: 'WHERE name = $1 AND holder = $2\n    RETURNING epoch',
    replace: "WHERE name = $1 AND $2 <> ''\n    RETURNING epoch",
    tests: postgresStore,
  },
  {
    name: 'Postgres: a second daemon opens a database that one works on',
    file: 'src/store/postgres/lease.ts',
    find: "if (!(await lock(keyOf(name)))) return 'holder'",
    replace: "if (!(await lock(keyOf(name), '_shared'))) return 'holder'",
    tests: postgresStore,
  },
  {
    name: 'SQLite: a second daemon opens a data directory that one works on',
    file: 'src/store/sqlite/directory-lock.ts',
    find: "db.exec('BEGIN EXCLUSIVE')",
    replace: "db.exec('BEGIN')",
    tests: ['src/store/sqlite/store.test.ts'],
  },
]
