import type { Ref } from "react";
import type { StateAndOrder } from "~/lib/search";
import { StatusChip, type StatusLook } from "./chip";
import { FilterBar, SearchInput } from "./filter-bar";
import { FilterMenu, MenuChoices } from "./menu";

/** Narrows a list down to a state, and to what is for one order; the id of a row leads to it. */
export function StatusFilters<S extends string>({
  words,
  search,
  names,
  lookOf,
  onChange,
  isId,
  onOpen,
  ref,
}: {
  words: { label: string; search: string; status: string };
  search: StateAndOrder<S>;
  names: readonly S[];
  lookOf: (name: S) => StatusLook;
  onChange: (change: StateAndOrder<S>) => void;
  isId: RegExp;
  onOpen: (id: string) => void;
  ref: Ref<HTMLInputElement>;
}) {
  return (
    <FilterBar label={words.label}>
      <SearchInput
        ref={ref}
        label={words.search}
        hint="/"
        value={search.order ?? ""}
        onChange={(text) => (isId.test(text) ? onOpen(text) : onChange({ order: text }))}
        className="w-full sm:w-80"
      />
      <FilterMenu
        name={words.status}
        chosen={search.status && lookOf(search.status).label}
        onClear={() => onChange({ status: undefined })}
      >
        <MenuChoices
          value={search.status}
          onChange={(status) => onChange({ status })}
          choices={names.map((value) => ({ value, label: <StatusChip plain look={lookOf(value)} /> }))}
        />
      </FilterMenu>
    </FilterBar>
  );
}
