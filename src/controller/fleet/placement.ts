/** Which member gets a workflow: one that reaches an engine that the workflow may run on, the least loaded of those. */
import type { Workflow, WorkflowSpec } from '../../resources/index.ts'
import type { FleetEngine, Member } from '../../store/fleet.ts'

type Selector = Readonly<Record<string, string>>

/** What the spec asks of engines: each of them must be met by one. */
function selectorsOf(spec: WorkflowSpec | undefined): readonly Selector[] {
  const templates = [
    ...(spec?.templates ?? []),
    ...(spec?.templateDefaults === undefined ? [] : [spec.templateDefaults]),
  ]
  const all = [spec?.nodeSelector, ...templates.map(({ nodeSelector }) => nodeSelector)]
  return all.flatMap((selector) => (selector && Object.keys(selector).length > 0 ? [selector] : []))
}

const meets = ({ labels }: FleetEngine, selector: Selector): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

/** Whether each selector is met by an engine of the member. */
export const fits = ({ engines }: Pick<Member, 'engines'>, selectors: readonly Selector[]): boolean =>
  selectors.every((selector) => engines.some((engine) => meets(engine, selector)))

/**
 * The member's name. Our own where none is less loaded. Where no member fits the selectors they say nothing: as on a
 * single host, the workflow waits or runs wherever it is.
 * @param more workflows given to a member since its figure was read
 */
export function ownerFor(
  { spec }: Pick<Workflow, 'spec'>,
  members: readonly Member[],
  own: string,
  more: ReadonlyMap<string, number> = new Map(),
): string {
  const able = members.filter(({ isLive, isDraining }) => isLive && !isDraining)
  const selectors = selectorsOf(spec)
  const fit = able.filter((member) => fits(member, selectors))
  const candidates = fit.length > 0 ? fit : able
  const isUp = ({ engines }: Member) => engines.length === 0 || engines.some((engine) => engine.isUp)
  const up = candidates.filter(isUp)
  const load = ({ name, workflows }: Member) => workflows + (more.get(name) ?? 0)
  const ranked = (up.length > 0 ? up : candidates).toSorted(
    (a, b) => load(a) - load(b) || Number(b.name === own) - Number(a.name === own) || (a.name < b.name ? -1 : 1),
  )
  return ranked[0]?.name ?? own
}

/** Whether `one` reaches every engine of `other`; nothing is known of one that told of none. */
export function reachesAllOf(one: Pick<Member, 'engines'>, other: Pick<Member, 'engines'>): boolean {
  const own = new Set(one.engines.map(({ id }) => id))
  return other.engines.every(({ id }) => own.has(id))
}

/**
 * Who takes over from a member that has gone, as everybody would say: those that reach its engines, the least loaded.
 * `null`: nobody does.
 */
export function heirOf(gone: Member, members: readonly Member[]): string | null {
  const able = members.filter(
    (member) => member.name !== gone.name && member.isLive && !member.isDraining && reachesAllOf(member, gone),
  )
  const [heir] = able.toSorted((a, b) => a.workflows - b.workflows || (a.name < b.name ? -1 : 1))
  return heir?.name ?? null
}
