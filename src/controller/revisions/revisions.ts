/**
 * Revisions of templates: each content that a WorkflowTemplate or ClusterWorkflowTemplate has had gets a number. A run
 * goes by those that were there when it was created, whatever becomes of the templates meanwhile, and says which it used.
 * The newest content is the object itself; older ones are records, as many as are kept or used by workflows that are
 * still in the hot tables.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../resources/index.ts'
import { rfc3339, instant } from '../../resources/index.ts'
import type { Change, Store } from '../../store/port.ts'
import type { LiveRun } from '../live-run.ts'
import type { ObjectKind, StoredObject, TemplateRevision } from '../port.ts'
import { revisionsAnnotation, templatesIn, textOf, useCollection, usedRevisions } from './uses.ts'
import type { TemplateKey, TemplateKind } from './uses.ts'

type Revision = { readonly number: number; readonly hash: string; readonly at: number; readonly gone?: true }

const indexCollection = 'template-revisions'
const bodyCollection = 'template-revision'
/** Revisions of a template beyond those that are used. */
const keptMost = 20

const isTemplate = (kind: ObjectKind): kind is TemplateKind =>
  kind === 'WorkflowTemplate' || kind === 'ClusterWorkflowTemplate'
const keyOf = (kind: TemplateKind, object: StoredObject): string =>
  textOf({ kind, namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' })
const hashOf = (object: StoredObject): string =>
  createHash('sha256')
    .update(JSON.stringify((object as { spec?: unknown }).spec ?? null))
    .digest('hex')
    .slice(0, 12)

export class Revisions {
  readonly #clock: Clock
  readonly #store: Store
  /** Since when the live run has been whose templates are the oldest; `null`: there is none. */
  readonly #oldestRun: () => number | null
  readonly #index = new Map<string, readonly Revision[]>()
  /** Older contents that live runs may go by. */
  readonly #bodies = new Map<string, StoredObject>()
  /** What the commit under way makes of the index; `null`: nothing. */
  readonly #next = new Map<string, readonly Revision[] | null>()
  /** What was seen of a run, so that it is looked at only when it has changed. */
  readonly #seen = new WeakMap<LiveRun, readonly [unknown, unknown]>()

  constructor(parts: { readonly clock: Clock; readonly store: Store; readonly oldestRun: () => number | null }) {
    this.#clock = parts.clock
    this.#store = parts.store
    this.#oldestRun = parts.oldestRun
  }

  /** After the live runs are known. */
  async load(): Promise<void> {
    for (const [key, value] of await this.#store.records(indexCollection)) this.#index.set(key, value as Revision[])
    const since = this.#oldestRun()
    if (since === null) return
    for (const [key, revisions] of this.#index)
      for (const { number } of olderWanted(revisions, since)) await this.#bodyOf(key, number)
  }

  /** What is stored with a change of an object. */
  changesFor(kind: ObjectKind, before: StoredObject | null, after: StoredObject | null): readonly Change[] {
    const object = after ?? before
    if (!isTemplate(kind) || object === null) return []
    const key = keyOf(kind, object)
    const next = this.#following(key, before, after)
    this.#next.set(key, next)
    if (next === null) return []
    const old = next.length < 2 && after !== null ? undefined : next.at(after === null ? -1 : -2)
    const changes: Change[] = [{ kind: 'putRecord', collection: indexCollection, key, value: next }]
    if (before !== null && old !== undefined)
      changes.push({ kind: 'putRecord', collection: bodyCollection, key: `${key}/${old.number}`, value: before })
    return changes
  }

  /** After that commit. */
  apply(kind: ObjectKind, before: StoredObject | null, after: StoredObject | null): void {
    const object = after ?? before
    if (!isTemplate(kind) || object === null) return
    const key = keyOf(kind, object)
    const next = this.#next.get(key) ?? null
    this.#next.delete(key)
    if (next === null) return
    const old = next.at(after === null ? -1 : -2)
    if (before !== null && old !== undefined) this.#bodies.set(`${key}/${old.number}`, before)
    this.#index.set(key, next)
    this.#forgetBodies(key)
    if (after === null || next.length > keptMost) void this.#trim(key).catch(() => undefined)
  }

  /** What another controller has stored, or a commit whose answer was lost. */
  follow(kind: ObjectKind, object: StoredObject | null): void {
    if (object === null || !isTemplate(kind)) return
    const text = keyOf(kind, object)
    if (this.#index.get(text)?.at(-1)?.hash !== hashOf(object)) void this.#reread(text).catch(() => undefined)
  }

  async #reread(text: string): Promise<void> {
    const stored = await this.#store.record(indexCollection, text)
    if (stored === null) return
    this.#index.set(text, stored as Revision[])
    const since = this.#oldestRun()
    if (since === null) return
    for (const { number } of olderWanted(stored as Revision[], since)) await this.#bodyOf(text, number)
  }

  /** The template as it was at that time. @param current as it is now; `null`: it was deleted */
  asOf<T extends StoredObject>(key: TemplateKey, at: number | undefined, current: T | null): T | null {
    if (at === undefined || current === null) return current
    const text = textOf(key)
    const revisions = this.#index.get(text) ?? []
    const found = numberAt(revisions, at)
    if (found === null || found === revisions.at(-1)?.number) return current
    return (this.#bodies.get(`${text}/${found}`) as T | undefined) ?? current
  }

  /** Says on the run which revisions it uses, where that is new. @returns what is stored with that */
  changesForRun(live: LiveRun): readonly Change[] {
    const { workflow, internal } = live.run
    const { storedTemplates, storedWorkflowTemplateSpec } = workflow.status ?? {}
    const [templates, spec] = this.#seen.get(live) ?? [undefined, undefined]
    if (storedTemplates === templates && storedWorkflowTemplateSpec === spec) return none
    this.#seen.set(live, [storedTemplates, storedWorkflowTemplateSpec])
    const known = usedRevisions(workflow)
    const added: Record<string, number> = {}
    const changes: Change[] = []
    for (const key of templatesIn(workflow)) {
      const word = `${key.kind}/${key.name}`
      const number = numberAt(this.#index.get(textOf(key)) ?? [], internal.templatesAt ?? Infinity)
      if (known[word] !== undefined || added[word] !== undefined || number === null) continue
      added[word] = number
      changes.push({ kind: 'putRecord', collection: useCollection(textOf(key)), key: live.uid, value: number })
    }
    if (changes.length === 0) return none
    const annotations = {
      ...workflow.metadata.annotations,
      [revisionsAnnotation]: JSON.stringify({ ...known, ...added }),
    }
    live.run.patchMetadata({ annotations })
    return changes
  }

  /** The revisions that are kept, the newest first, and how many workflows of the hot tables use each. */
  async list(key: TemplateKey): Promise<readonly TemplateRevision[]> {
    const text = textOf(key)
    const uses = [...(await this.#store.records(useCollection(text))).values()]
    const revisions = this.#index.get(text) ?? []
    return revisions.toReversed().map(({ number, hash, at, gone }) => ({
      revision: number,
      hash,
      createdAt: rfc3339(instant(at)),
      current: number === revisions.at(-1)?.number && gone !== true,
      usedBy: uses.filter((use) => use === number).length,
    }))
  }

  /** `null`: not kept. */
  async body(key: TemplateKey, number: number, current: StoredObject | null): Promise<StoredObject | null> {
    const text = textOf(key)
    const last = this.#index.get(text)?.at(-1)
    if (last?.number === number && last.gone !== true) return current
    return (await this.#store.record(bodyCollection, `${text}/${number}`)) as StoredObject | null
  }

  newest(key: TemplateKey): { readonly number: number; readonly hash: string } | null {
    return this.#index.get(textOf(key))?.at(-1) ?? null
  }

  /** `null`: the content is as it was. */
  #following(key: string, before: StoredObject | null, after: StoredObject | null): readonly Revision[] | null {
    const now = this.#clock.now()
    const known = this.#index.get(key) ?? (before === null ? [] : [{ number: 1, hash: hashOf(before), at: 0 }])
    const last = known.at(-1)
    if (after === null)
      return last === undefined || last.gone === true ? null : [...known.slice(0, -1), { ...last, gone: true }]
    const hash = hashOf(after)
    if (last?.hash === hash && last.gone !== true) return this.#index.has(key) ? null : known
    return [...known, { number: (last?.number ?? 0) + 1, hash, at: now }]
  }

  async #bodyOf(key: string, number: number): Promise<void> {
    const name = `${key}/${number}`
    const body = this.#bodies.has(name) ? null : await this.#store.record(bodyCollection, name)
    if (body !== null) this.#bodies.set(name, body as StoredObject)
  }

  /** Of what no live run goes by, memory keeps nothing. */
  #forgetBodies(key: string): void {
    const since = this.#oldestRun()
    const revisions = this.#index.get(key) ?? []
    const wanted = new Set(since === null ? [] : olderWanted(revisions, since).map(({ number }) => number))
    for (const { number } of revisions) if (!wanted.has(number)) this.#bodies.delete(`${key}/${number}`)
  }

  async #trim(key: string): Promise<void> {
    const revisions = this.#index.get(key) ?? []
    const used = new Set((await this.#store.records(useCollection(key))).values())
    const since = this.#oldestRun() ?? Infinity
    const gone = revisions.at(-1)?.gone === true
    const keepFrom = gone ? revisions.length : revisions.length - keptMost
    const isKept = ({ number }: Revision, i: number): boolean =>
      i >= keepFrom || used.has(number) || (revisions[i + 1]?.at ?? Infinity) > since
    const kept = revisions.filter(isKept)
    const dropped = revisions.filter((revision, i) => !isKept(revision, i))
    if (dropped.length === 0 || this.#index.get(key) !== revisions) return
    await this.#store.commit([
      { kind: 'putRecord', collection: indexCollection, key, value: kept.length === 0 ? null : kept },
      ...dropped.map(({ number }): Change => ({
        kind: 'putRecord',
        collection: bodyCollection,
        key: `${key}/${number}`,
        value: null,
      })),
    ])
    if (this.#index.get(key) !== revisions) return
    if (kept.length === 0) this.#index.delete(key)
    else this.#index.set(key, kept)
  }
}

const none: readonly Change[] = []

/** The newest that was there by then; where all came later, the first. */
function numberAt(revisions: readonly Revision[], at: number): number | null {
  return (revisions.findLast((revision) => revision.at <= at) ?? revisions[0])?.number ?? null
}

/** Those, but for the newest, that a run may go by which was created then or later. */
const olderWanted = (revisions: readonly Revision[], since: number): readonly Revision[] =>
  revisions.filter((_, i) => {
    const next = revisions[i + 1]
    return next !== undefined && next.at > since
  })
