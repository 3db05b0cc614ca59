/** IDs of nodes and names of pods, both from the hash of a node's full name. */

/** FNV-1a, 32 bit, of the UTF-8 text, unsigned. */
export function fnv32a(text: string): number {
  let hash = 2_166_136_261
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return hashOfBytes(text)
    hash = Math.imul(hash ^ code, 16_777_619)
  }
  return hash >>> 0
}

function hashOfBytes(text: string): number {
  let hash = 2_166_136_261
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 16_777_619)
  return hash >>> 0
}

/** The workflow's own name for its root node, `<workflow>-<hash of the node's name>` for the others. */
export function nodeId(workflowName: string, nodeName: string): string {
  return nodeName === workflowName ? workflowName : `${workflowName}-${String(fnv32a(nodeName))}`
}

/** A name has at most 253 bytes, of which the hash and its dash take 11. */
const prefixBytesMax = 242

/**
 * The name of a node's pod. `v2` has the template's name in it (nothing for inline templates) and cuts what is too
 * long; `v1` is the node's ID.
 */
export function podName(workflow: string, node: string, template: string, version: 'v1' | 'v2' = 'v2'): string {
  if (version === 'v1') return nodeId(workflow, node)
  if (node === workflow) return workflow
  const prefix = template === '' ? workflow : `${workflow}-${template}`
  return `${cutBytes(prefix, prefixBytesMax)}-${String(fnv32a(node))}`
}

function cutBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text
  const encoded = new TextEncoder().encode(text)
  return encoded.length <= bytes ? text : new TextDecoder().decode(encoded.subarray(0, bytes))
}
