/** A change as a line of a seed's story. */
import type { Change } from '../../src/store/index.ts'

export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'putWorkflow':
      return `${change.row.name}=${change.row.phase}${change.row.finished ? '!' : ''}`
    case 'putNodes':
      return change.nodes.map(({ node }) => `${node.name}(${node.type})=${node.phase ?? ''}`).join(' ')
    case 'deleteNodes':
      return `less ${change.ids.join(' ')}`
    case 'deleteWorkflow':
      return `delete ${change.uid}`
    case 'putObject':
      return `${change.row.kind}/${change.row.name}`
    case 'deleteObject':
      return `less ${change.objectKind}/${change.name}`
    case 'putRecord':
      return `${change.collection}/${change.key}`
    default:
      return (change as { readonly kind: string }).kind
  }
}
