/** What a daemon does that stood still while another took over. */
import type { Mutant } from '../mutant.ts'

const writer = 'src/store/postgres/writer.ts'
const silence = ['src/store/postgres/silence.postgres.test.ts']
const probes = 'src/runtime/docker/probes.ts'

export const overtakenMutants: readonly Mutant[] = [
  {
    name: 'an answer to a commit proves who leads from when it is read',
    file: writer,
    find: 'const heard = (askedAt: number) => (this.#askedAt = askedAt)',
    replace: 'const heard = (_askedAt: number) => (this.#askedAt = performance.now())',
    tests: silence,
  },
  {
    name: 'an answer proves who leads from when it is read',
    file: writer,
    find: "        await client.query('SELECT 1')\n        this.#askedAt = askedAt\n",
    replace:
      "        await client.query('SELECT 1')\n        void askedAt\n        this.#askedAt = performance.now()\n",
    tests: silence,
  },
  {
    name: 'what is read does not wait for who leads',
    file: 'src/server/app.ts',
    find: 'await inCharge?.()',
    replace: 'void inCharge',
    tests: ['src/server/in-charge.test.ts'],
  },
  {
    name: 'standing still is waiting for the store',
    file: 'src/main/in-charge.ts',
    find: 'if (passedMs < asleepMs) waitedMs += passedMs',
    replace: 'if (passedMs < Infinity || asleepMs > 0) waitedMs += passedMs',
    tests: ['src/main/in-charge.test.ts'],
  },
  {
    name: 'a log is begun without asking who leads',
    file: 'src/runtime/docker/log-file.ts',
    find: '      await this.confirm()\n',
    replace: '      void this.confirm\n',
    tests: ['src/runtime/docker/log-file.test.ts'],
  },
  {
    name: 'a status file is written without asking who leads',
    file: 'src/sources/directory/status-files.ts',
    find: '      await this.#inCharge()\n      await rename(temporary, file)',
    replace: '      await rename(temporary, file)',
    tests: ['src/sources/directory/source.test.ts'],
  },
  {
    name: 'a row is written beside the session that may',
    file: 'src/sources/postgres/table.ts',
    find: 'return this.#rows(sql, values, server)',
    replace: 'return this.#rows(sql, values)',
    tests: ['src/sources/postgres/source.postgres.test.ts'],
  },
  {
    name: 'a probe that could not be asked has failed',
    file: probes,
    find: 'return isUnasked(error) ? null : false',
    replace: 'return isUnasked(error) ? false : false',
    tests: ['src/runtime/docker/probes.test.ts'],
  },
  {
    name: 'a probe fails by the time the daemon stood still',
    file: probes,
    find: 'performance.now() - began > timeoutMs + asleepMs ? null : answer',
    replace: 'performance.now() - began > timeoutMs + asleepMs ? answer : answer',
    tests: ['src/runtime/docker/probes.test.ts'],
  },
  {
    name: 'a shim is ended for one answer that was not heard',
    file: 'src/runtime/docker/engine-calls.ts',
    find: '&& (await this.isSilentAbout(id))',
    replace: '&& (await Promise.resolve(this.isSilentAbout !== undefined))',
    tests: ['src/runtime/docker/stuck-shim.test.ts'],
  },
]
