/** Keeps workflows coming, does to them over the API what they need, remembers their last status, deletes them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Workflow } from '../../src/resources/index.ts'
import type { Dice } from '../simulation/dice.ts'
import type { Seen } from './judge.ts'
import { Told } from './told.ts'
import type { Way } from './told.ts'
import { cronName, cronWorkflow, nthWorkflow, semaphoreLimits } from './workflows.ts'
import type { Wanted } from './workflows.ts'
import type { World } from './world.ts'

type Followed = {
  readonly wanted: Wanted
  readonly way: Way
  last: Workflow | null
  state: 'submitted' | 'seen' | 'ended' | 'gone'
  /** Once it has got as far as `needs` says. */
  isServed: boolean
  /** Lists in a row without it. */
  missed: number
  /** Looks at which it had ended, and that was not told everywhere. */
  untold: number
}

const api = '/api/v1/workflows/default'
const cronApi = '/api/v1/cron-workflows/default'
/** It is told everywhere within so many looks, which come about twice a second. */
const looksUntilTold = 120
const endedPhases = /^(Succeeded|Failed|Error|Skipped|Omitted)$/

export class Load {
  /** What was seen to be wrong while it was under way. */
  readonly violations: string[] = []
  /** New ones come as long as fewer than this are not over. */
  liveMost: number
  readonly #world: World
  readonly #dice: Dice
  readonly #told: Told
  readonly #followed = new Map<string, Followed>()
  readonly #abort = new AbortController()
  #next = 0
  #isRunning: Promise<void> = Promise.resolve()

  constructor(world: World, dice: Dice, liveMost: number) {
    this.#world = world
    this.#dice = dice
    this.#told = new Told({ manifests: world.folders.manifests, postgres: world.postgres })
    this.liveMost = liveMost
  }

  start(): void {
    this.#isRunning = this.#run()
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#isRunning
  }

  get all(): readonly Seen[] {
    return [...this.#followed.values()]
  }

  get submitted(): number {
    return this.#next
  }

  /** Workflows by the way they came. */
  get ways(): Readonly<Record<Way, number>> {
    const counts = { file: 0, row: 0, api: 0 }
    for (const { way } of this.#followed.values()) counts[way] += 1
    return counts
  }

  /** Names of those that are not over. */
  get open(): readonly string[] {
    return [...this.#followed.values()].filter(({ state }) => state !== 'gone').map(({ wanted }) => wanted.name)
  }

  wantedOf(name: string): Wanted | null {
    return this.#followed.get(name)?.wanted ?? null
  }

  /** Also through the API, until it is accepted. */
  async begin(): Promise<void> {
    await this.#told.drop('limits', semaphoreLimits)
    await this.#told.drop('cron', cronWorkflow(this.#world.folders.lines))
  }

  /** No more of them; those that run go on. */
  async suspendCron(): Promise<void> {
    while ((await this.#world.api.ask('PUT', `${cronApi}/${cronName}/suspend`, {}))?.status !== 200) await sleep(200)
  }

  /** What is left of its workflows goes with it. */
  async endCron(): Promise<void> {
    await this.#told.takeBack('cron')
    while ((await this.#world.api.ask('DELETE', `${cronApi}/${cronName}`))?.status !== 404) await sleep(200)
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#abort.signal.aborted; turn += 1) {
      await this.#submit()
      if (turn % 3 === 0) await this.#look()
      await sleep(200)
    }
  }

  async #submit(): Promise<void> {
    for (let most = 3; most > 0 && this.open.length < this.liveMost; most -= 1) {
      const seconds = 0.1 + this.#dice.next() * 0.9
      const wanted = nthWorkflow(this.#next, { folder: this.#world.folders.lines, seconds })
      this.#next += 1
      const way = this.#wayOf(wanted)
      this.#follow(wanted, way)
      if (way === 'file') await this.#told.drop(wanted.name, wanted.manifest)
      else if (way === 'row') await this.#insert(wanted)
      else await this.#post(wanted)
    }
  }

  #wayOf({ isFleeting }: Wanted): Way {
    if (isFleeting === true) return 'api'
    if (this.#dice.chance(0.4)) return 'file'
    return this.#told.hasTable && this.#dice.chance(0.5) ? 'row' : 'api'
  }

  async #insert({ name, manifest }: Wanted): Promise<void> {
    while (!this.#abort.signal.aborted && !(await this.#told.insert(name, manifest))) await sleep(150)
  }

  /** Of what was told elsewhere, what is not so any more. */
  left(): Promise<readonly string[]> {
    return this.#told.left()
  }

  #follow(wanted: Wanted, way: Way): Followed {
    const one = {
      wanted,
      way,
      last: null,
      state: 'submitted' as const,
      isServed: false,
      missed: 0,
      untold: 0,
    }
    this.#followed.set(wanted.name, one)
    return one
  }

  /** Until somebody has it; an answer that was lost shows as a name that is taken. */
  async #post({ name, manifest }: Wanted): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const answer = await this.#world.api.ask('POST', api, { workflow: manifest })
      if (answer?.status === 200 || answer?.status === 409) return
      if (answer !== null && answer.status < 500) throw new Error(`${name} is refused: ${JSON.stringify(answer.body)}`)
      await sleep(150)
    }
  }

  async #look(): Promise<void> {
    const listed = await this.#world.api.workflows()
    if (listed === null) return
    const byName = new Map(listed.map((workflow) => [workflow.metadata.name ?? '', workflow]))
    for (const [name, workflow] of byName) {
      const one = this.#followed.get(name) ?? this.#cronChild(name, workflow)
      if (one === null) this.violations.push(`${name}: a workflow that nobody asked for`)
      else await this.#saw(one, workflow)
    }
    for (const one of this.#followed.values()) if (!byName.has(one.wanted.name)) await this.#missed(one)
  }

  #cronChild(name: string, { metadata }: Workflow): Followed | null {
    if (metadata.labels?.['workflows.argoproj.io/cron-workflow'] !== cronName) return null
    return this.#follow({ name, kind: 'cron', manifest: {}, parts: ['main'], phase: 'Succeeded' }, 'api')
  }

  async #saw(one: Followed, workflow: Workflow): Promise<void> {
    one.missed = 0
    if (one.state === 'gone') {
      this.violations.push(`${one.wanted.name}: is there again after it was gone`)
      return this.#delete(one)
    }
    if (one.last !== null) this.violations.push(...steppedBack(one.last, workflow))
    one.last = workflow
    one.state = workflow.status?.finishedAt ? 'ended' : 'seen'
    if (one.state === 'ended') {
      if (one.wanted.isFleeting !== true && (await this.#isTold(one, workflow))) await this.#delete(one)
    } else await this.#serve(one, workflow)
  }

  /** Whether its end is told wherever it is to be; where that never comes, it is wrong and goes nevertheless. */
  async #isTold(one: Followed, { status }: Workflow): Promise<boolean> {
    const phase = status?.phase ?? ''
    const differs = await this.#told.differs(one.wanted.name, one.way, phase)
    if (differs === null) return true
    one.untold += 1
    if (one.untold < looksUntilTold) return false
    this.violations.push(`${one.wanted.name}: is ${phase}, and ${differs}`)
    return true
  }

  /** Gone by itself or by us. */
  async #missed(one: Followed): Promise<void> {
    one.missed += 1
    if (one.state === 'gone') return
    if (one.state === 'ended') one.state = 'gone'
    else if (one.wanted.isFleeting === true && one.missed > 1 && (await this.#hasLines(one))) one.state = 'gone'
    else if (one.state === 'seen' && one.missed === 3 && one.wanted.isFleeting !== true)
      this.violations.push(`${one.wanted.name}: is gone though it had not ended`)
  }

  async #hasLines({ wanted }: Followed): Promise<boolean> {
    const text = await readFile(join(this.#world.folders.lines, 'all'), 'utf8').catch(() => '')
    return wanted.parts.every((part) => text.includes(` E ${wanted.name}/${part} `))
  }

  async #delete({ wanted: { name } }: Followed): Promise<void> {
    const answer = await this.#world.api.ask('DELETE', `${api}/${name}`)
    if (answer?.status === 200) await this.#told.takeBack(name)
  }

  async #serve(one: Followed, { status, metadata }: Workflow): Promise<void> {
    const { needs, name } = one.wanted
    if (needs === undefined || one.isServed) return
    const isAt = Object.values(status?.nodes ?? {}).some(
      ({ type, phase }) => type === (needs === 'resume' ? 'Suspend' : 'Pod') && phase === 'Running',
    )
    if (!isAt) return
    const body = { namespace: 'default', name: metadata.name, ...(needs === 'resume' ? {} : { message: 'enough' }) }
    const answer = await this.#world.api.ask('PUT', `${api}/${name}/${needs}`, body)
    one.isServed = answer?.status === 200
  }
}

/** What has ended stays as it ended: in what is read after a crash too. */
function steppedBack(before: Workflow, now: Workflow): readonly string[] {
  const name = before.metadata.name ?? ''
  const found: string[] = []
  if (before.metadata.uid !== now.metadata.uid) return [`${name}: came again under another UID`]
  if (before.status?.finishedAt && before.status.phase !== now.status?.phase)
    found.push(`${name}: was ${before.status.phase ?? ''} and is ${now.status?.phase ?? ''}`)
  for (const node of Object.values(before.status?.nodes ?? {})) {
    const phase = now.status?.nodes?.[node.id]?.phase
    if (endedPhases.test(node.phase ?? '') && phase !== node.phase)
      found.push(`${name}: node ${node.name} was ${node.phase ?? ''} and is ${phase ?? 'not there'}`)
  }
  return found
}
