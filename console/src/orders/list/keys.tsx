import { useWords } from "~/i18n";
import { Key } from "~/ui/button";
import { Dialog } from "~/ui/dialog";

/** Which keys do what, for the role at hand. */
export function KeysDialog({ decides, onClose }: { decides: boolean; onClose: () => void }) {
  const { orders } = useWords();
  const words = orders.keys;
  const rows: [string[], string][] = [
    [["↑", "↓"], words.move],
    [["Enter"], words.open],
    ...(decides
      ? ([
          [["a"], words.approve],
          [["r"], words.reject],
          [["Space"], words.select],
        ] as [string[], string][])
      : []),
    [["."], words.tidy],
    [["/"], words.search],
    [["c"], words.create],
    [["j", "k"], words.next],
    [["Esc"], words.back],
    [["?"], words.help],
  ];
  return (
    <Dialog title={words.title} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-2">
        {rows.map(([keys, what]) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <span key={key}>
                  <span className="sr-only">{key}</span>
                  <Key always>{key}</Key>
                </span>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
