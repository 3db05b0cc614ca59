/** Memoization: outputs of earlier work with the same key (semantics-templates.md §8). */
import type { MemoizationStatus, NodeStatus, Template } from '../resources/index.ts'
import { instantOf, rfc3339 } from '../resources/index.ts'
import { parseGoDuration } from '../expressions/index.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import { configMapType } from './configmap-parameter.ts'
import type { Run } from './run.ts'
import type { MemoEntry } from './world.ts'

const validKey = /^[a-zA-Z0-9][-a-zA-Z0-9]*$/

export function lookUpMemo(
  run: Run,
  template: Template,
): Outcome<{ readonly status: MemoizationStatus; readonly entry: MemoEntry | null }> {
  const key = template.memoize?.key ?? ''
  const cacheName = template.memoize?.cache?.configMap?.name ?? ''
  if (!validKey.test(key)) return bad(`invalid cache key: ${key}`)
  const found = run.ownMemos.get(`${cacheName}/${key}`) ?? run.world.memo(cacheName, key)
  if (found === 'refused') return bad(`memoization configmap doesn't have ${configMapType} label, refusing to use it`)
  const miss = good({ status: { hit: false, key, cacheName }, entry: null })
  if (found === null) return miss
  run.memos.push({ cacheName, key, nodeID: found.nodeID, hitOnly: true })
  const text = template.memoize?.maxAge
  if (text) {
    const maxAge = parseGoDuration(text)
    if (!maxAge.ok) return bad(`invalid maxAge: ${maxAge.error}`)
    const created = instantOf(found.creationTimestamp) ?? run.now
    if (run.now - created > Number(maxAge.value / 1_000_000n)) return miss
  }
  return good({ status: { hit: true, key, cacheName }, entry: found })
}

/** Only success is kept. */
export function afterMemo(run: Run, template: Template, node: NodeStatus): void {
  const status = node.memoizationStatus
  if (status === undefined || status.hit || template.memoize === undefined || node.phase !== 'Succeeded') return
  const at = rfc3339(run.now)
  run.ownMemos.set(`${status.cacheName}/${status.key}`, {
    nodeID: node.id,
    creationTimestamp: at,
    lastHitTimestamp: at,
    ...(node.outputs === undefined ? {} : { outputs: node.outputs }),
  })
  run.memos.push({
    cacheName: status.cacheName,
    key: status.key,
    nodeID: node.id,
    ...(node.outputs === undefined ? {} : { outputs: node.outputs }),
  })
}
