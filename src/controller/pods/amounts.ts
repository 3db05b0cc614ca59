/** Resource requests and limits as numbers. */
import { parseQuantity } from '../../expressions/index.ts'
import type { ResourceAmounts, ResourceRequirements } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'

/**
 * Without a request the limit counts as one, as in Kubernetes.
 * @throws UserError for a quantity that cannot be read
 */
export function amountsOf(resources: ResourceRequirements | undefined): ResourceAmounts {
  const { limits = {}, requests = {} } = resources ?? {}
  const cpuLimit = cores(limits['cpu'])
  const cpuRequest = cores(requests['cpu']) ?? cpuLimit
  const memoryLimitBytes = wholeUnits(limits['memory'])
  const memoryRequestBytes = wholeUnits(requests['memory']) ?? memoryLimitBytes
  const gpus = wholeUnits(limits['nvidia.com/gpu'] ?? requests['nvidia.com/gpu'])
  return {
    ...(cpuRequest ? { cpuRequest } : {}),
    ...(cpuLimit ? { cpuLimit } : {}),
    ...(memoryRequestBytes ? { memoryRequestBytes } : {}),
    ...(memoryLimitBytes ? { memoryLimitBytes } : {}),
    ...(gpus ? { gpus } : {}),
  }
}

/** Bytes, or pieces. */
export function wholeUnits(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : Number(read(quantity).value)
}

function cores(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : Number(read(quantity).milli) / 1000
}

function read(quantity: string): { readonly value: bigint; readonly milli: bigint } {
  const parsed = parseQuantity(String(quantity))
  if (!parsed.ok) throw new UserError('BAD_QUANTITY', `${parsed.error}: ${quantity}`)
  return parsed.value
}
