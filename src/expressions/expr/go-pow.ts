// Powers as Go computes them: by squaring, with the exponent kept apart, so that the last digit is Go's too.

/** Go's `math.Pow`. */
export function goPow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1
  if (y === 1) return x
  if (y === 0.5) return Math.sqrt(x)
  if (y === -0.5) return 1 / Math.sqrt(x)
  if (x === -1 && !Number.isNaN(y) && !Number.isFinite(y)) return 1
  if (x === 0 || !Number.isFinite(x) || !Number.isFinite(y) || Math.abs(y) >= 2 ** 63) return x ** y
  return bySquaring(x, y)
}

function bySquaring(x: number, y: number): number {
  const size = Math.abs(y)
  let whole = Math.floor(size)
  let rest = size - whole
  if (rest !== 0 && x < 0) return Number.NaN
  let mantissa = 1
  let exponent = 0
  if (rest !== 0) {
    if (rest > 0.5) {
      rest--
      whole++
    }
    mantissa = Math.exp(rest * Math.log(x))
  }
  let [factor, power] = halved(x)
  for (let bits = BigInt(whole); bits !== 0n; bits >>= 1n) {
    if (Math.abs(power) > 4096) {
      // Beyond any double: the result over- or underflows whatever follows.
      exponent += power
      break
    }
    if ((bits & 1n) === 1n) {
      mantissa *= factor
      exponent += power
    }
    factor *= factor
    power *= 2
    if (factor < 0.5) {
      factor += factor
      power--
    }
  }
  return y < 0 ? scaled(1 / mantissa, -exponent) : scaled(mantissa, exponent)
}

/** `x` as a number from a half to one, and the power of two it is to be multiplied by. */
function halved(x: number): [number, number] {
  let factor = x
  let power = 0
  if (Math.abs(factor) < 2 ** -1022) {
    factor *= 2 ** 52
    power = -52
  }
  const log = Math.floor(Math.log2(Math.abs(factor))) + 1
  factor = scaled(factor, -log)
  power += log
  // The logarithm may be off by one next to a power of two.
  if (Math.abs(factor) >= 1) return [factor / 2, power + 1]
  return Math.abs(factor) < 0.5 ? [factor * 2, power - 1] : [factor, power]
}

/** `x · 2^power` without overflow on the way. */
function scaled(x: number, power: number): number {
  let value = x
  let left = power
  while (left > 1000) {
    value *= 2 ** 1000
    left -= 1000
    if (!Number.isFinite(value)) return value
  }
  while (left < -1000) {
    value *= 2 ** -1000
    left += 1000
    if (value === 0) return value
  }
  return value * 2 ** left
}
