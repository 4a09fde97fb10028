import { type KeyboardEvent, type Ref, useId, useRef, useState } from "react";
import type { Product } from "~/gen/oms/inventory/v1/inventory_pb";
import { useLanguage, useWords } from "~/i18n";
import { cx } from "~/ui/classes";
import { Input } from "~/ui/field";
import { type Products, search } from "./products";

const MOST = 50;

/** A product by its name or id, from what is in stock. What is typed is the id; names find it. */
export function ProductPicker({
  value,
  onChange,
  onPicked,
  onPasteLines,
  products,
  wiring,
  ref,
}: {
  value: string;
  onChange: (productId: string) => void;
  /** Chosen from the list: the keyboard goes on. */
  onPicked: () => void;
  onPasteLines: (text: string) => boolean;
  products: Products;
  wiring: object;
  ref?: Ref<HTMLInputElement>;
}) {
  const { orders } = useWords();
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  // Once a product is chosen, opening the list offers all again.
  const found = open ? search(products.all, products.byId.has(value) ? "" : value, MOST) : [];

  const show = (input: HTMLElement) => {
    const box = list.current;
    if (!box || open) return;
    const { left, bottom, top, width } = input.getBoundingClientRect();
    const below = document.documentElement.clientHeight - bottom;
    box.style.left = `${left}px`;
    box.style.minWidth = `${width}px`;
    box.style.top = below > 260 ? `${bottom + 4}px` : "auto";
    box.style.bottom = below > 260 ? "auto" : `${document.documentElement.clientHeight - top + 4}px`;
    box.showPopover();
    setAt(0);
    setOpen(true);
  };
  const hide = () => {
    list.current?.hidePopover();
    setOpen(false);
  };
  const pick = (product: Product) => {
    onChange(product.productId);
    hide();
    onPicked();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) show(event.currentTarget);
      else
        setAt(
          (now) => (now + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length),
        );
    } else if (event.key === "Enter" && open) {
      const product = found[at];
      if (product) {
        event.preventDefault();
        pick(product);
      }
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      hide();
    }
  };

  return (
    <>
      <Input
        {...wiring}
        ref={ref}
        role="combobox"
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open && found[at] ? `${listId}-${at}` : undefined}
        value={value}
        placeholder={orders.create.productHint}
        onChange={(event) => {
          onChange(event.target.value);
          setAt(0);
          show(event.currentTarget);
        }}
        onClick={(event) => show(event.currentTarget)}
        onBlur={hide}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          if (onPasteLines(event.clipboardData.getData("text"))) {
            event.preventDefault();
            hide();
          }
        }}
      />
      <div
        ref={list}
        id={listId}
        role="listbox"
        aria-label={orders.lines.product}
        popover="manual"
        className="fixed inset-auto m-0 max-h-64 max-w-[calc(100vw-1rem)] overflow-y-auto rounded-md border border-line bg-surface p-1 text-ink shadow-float"
      >
        {found.map((product, index) => (
          <Option
            key={product.productId}
            id={`${listId}-${index}`}
            product={product}
            active={index === at}
            onPick={pick}
          />
        ))}
        {open && found.length === 0 && (
          <p className="px-2 py-1.5 text-ink-2">
            {products.loading
              ? orders.create.productsLoading
              : products.error
                ? orders.create.productsAway
                : orders.create.noProduct}
          </p>
        )}
      </div>
    </>
  );
}

function Option({
  id,
  product,
  active,
  onPick,
}: {
  id: string;
  product: Product;
  active: boolean;
  onPick: (product: Product) => void;
}) {
  const { orders } = useWords();
  const language = useLanguage();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
    <div
      id={id}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      ref={(element) => {
        if (active) element?.scrollIntoView({ block: "nearest" });
      }}
      // The field keeps the focus.
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => onPick(product)}
      className={cx(
        "flex min-h-8 cursor-pointer items-baseline gap-3 rounded-sm px-2 py-1 pointer-coarse:min-h-10",
        active ? "bg-hover" : "hover:bg-hover",
      )}
    >
      <span className="min-w-0 flex-1 truncate">{product.name}</span>
      <span className="text-xs text-ink-3">{product.productId}</span>
      <span className={cx("tabular text-xs", product.lowStock ? "text-waiting" : "text-ink-2")}>
        {orders.create.available(product.availableQuantity.toLocaleString(language))}
      </span>
    </div>
  );
}
