/** The items of a loop. Of a wide one each is made when it is asked for, so that a million of them need not lie in memory. */
import type { Concrete } from './call-resolution.ts'

export class LoopItems {
  readonly length: number
  private readonly make: (index: number) => Concrete | undefined

  constructor(length: number, make: (index: number) => Concrete | undefined) {
    this.length = length
    this.make = make
  }

  static of(...items: readonly Concrete[]): LoopItems {
    return new LoopItems(items.length, (index) => items[index])
  }

  at(index: number): Concrete | undefined {
    return index < this.length ? this.make(index) : undefined
  }
}
