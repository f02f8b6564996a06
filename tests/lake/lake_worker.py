"""A process that writes to a lake until it is done or killed: what it prints was acknowledged."""

import sys

from lake_made import make

from volant.core import Fact
from volant.lake import Store


def main(place: str, what: str, first: int, count: int) -> None:
    with Store(place) as store:
        print("ready", flush=True)
        for i in range(first, first + count):
            n, many = (900, 30) if what == "large" else (5, 1)
            some = [make(1000 * i + j, n=n) for j in range(many)]
            receipt = store.put(some, [Fact(some[0].id, "worker/n", i, "worker@1")], at=i + 1)
            if what == "seal":
                store.seal(at=i + 1)
            elif what == "compact":
                store.compact(at=i + 1)
            print(" ".join(receipt.added), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
