import { useState } from "react";
import { ROLES, type Role } from "~/api/roles";
import { localRole, playRole, sessionState, signOut } from "~/api/session";
import { LANGUAGES, setLanguage, useLanguage, useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { Button, IconButton } from "~/ui/button";
import { cx } from "~/ui/classes";
import { Dialog, DialogActions } from "~/ui/dialog";
import { Field, Input } from "~/ui/field";
import { ChevronDownIcon, HalfIcon, MoonIcon, PersonIcon, SunIcon } from "~/ui/icons";
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from "~/ui/menu";
import { setTheme, THEMES, theme } from "./theme";

const THEME_ICONS = { system: HalfIcon, light: SunIcon, dark: MoonIcon };

/** Looks and language, and who is signed in. */
export function Settings({ withRole }: { withRole?: boolean }) {
  const { frame } = useWords();
  const language = useLanguage();
  const chosen = useStore(theme);
  const state = useStore(sessionState);
  const role = useRolePlay();
  const Icon = THEME_ICONS[chosen];
  const oidc = state.kind === "ready" && state.session.mode === "oidc" ? state.session : undefined;
  return (
    <>
      <Menu
        align="end"
        trigger={
          withRole && role.local ? (
            <button
              type="button"
              aria-label={`${frame.settings}. ${frame.local}. ${frame.playing}: ${frame.roles[role.role]}`}
              className="flex h-10 max-w-20 flex-col items-center justify-center rounded-md border border-dashed border-waiting/70 bg-waiting-tint px-1.5"
            >
              <PersonIcon className="text-waiting" />
              <span className="max-w-full truncate text-2xs">{frame.roles[role.role]}</span>
            </button>
          ) : (
            <IconButton label={frame.settings}>
              <Icon />
            </IconButton>
          )
        }
      >
        {withRole && role.local && (
          <>
            <MenuLabel>
              {frame.local} · {frame.playing}
            </MenuLabel>
            <RoleChoices {...role} />
            <MenuLine />
          </>
        )}
        <MenuLabel>{frame.theme}</MenuLabel>
        <MenuChoices
          value={chosen}
          onChange={setTheme}
          choices={THEMES.map((value) => ({ value, label: frame.themes[value] }))}
        />
        <MenuLine />
        <MenuLabel>{frame.language}</MenuLabel>
        <MenuChoices
          value={language}
          onChange={setLanguage}
          choices={LANGUAGES.map((value) => ({
            value,
            label: <span lang={value}>{frame.languages[value]}</span>,
          }))}
        />
        {oidc && (
          <>
            <MenuLine />
            <MenuLabel>{frame.signedInAs(oidc.name || oidc.subject)}</MenuLabel>
            <MenuItem onSelect={() => void signOut()}>{frame.signOut}</MenuItem>
          </>
        )}
      </Menu>
      {role.dialog}
    </>
  );
}

function useRolePlay() {
  const state = useStore(sessionState);
  const { role, customer } = useStore(localRole);
  const [asking, setAsking] = useState(false);
  const choose = (next: Role) => {
    if (next === "customer") {
      setAsking(true);
    } else {
      playRole({ role: next, customer });
    }
  };
  return {
    local: state.kind === "ready" && state.session.mode === "local",
    role,
    customer,
    choose,
    dialog: asking && <CustomerDialog onClose={() => setAsking(false)} />,
  };
}

function RoleChoices({ role, choose }: { role: Role; choose: (role: Role) => void }) {
  const { frame } = useWords();
  return (
    <MenuChoices
      value={role}
      onChange={choose}
      choices={ROLES.map((value) => ({ value, label: frame.roles[value] }))}
    />
  );
}

/** Whose view is taken, where nobody is asked who they are. Marked, so that nobody takes it for a real sign-in. */
export function RoleSwitch() {
  const { frame } = useWords();
  const state = useStore(sessionState);
  const role = useRolePlay();
  if (!role.local) {
    if (state.kind !== "ready" || !state.session.signedIn) {
      return null;
    }
    const { name, subject, roles } = state.session;
    return (
      <div className="px-1.5 max-md:hidden">
        <p className="truncate font-medium" title={frame.signedInAs(name || subject)}>
          {name || subject}
        </p>
        <p className="truncate text-xs text-ink-3">{roles.map((held) => frame.roles[held]).join(", ")}</p>
      </div>
    );
  }
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            title={frame.localHelp}
            aria-label={`${frame.local}. ${frame.playing}: ${frame.roles[role.role]}`}
            className={cx(
              "flex w-full items-center gap-2 rounded-md border border-dashed border-waiting/60 bg-waiting-tint px-2 py-1.5",
              "text-left hover:border-solid max-md:justify-center",
            )}
          >
            <PersonIcon className="shrink-0 text-waiting" />
            <span className="min-w-0 flex-1 max-md:hidden">
              <span className="block text-2xs text-ink-2">{frame.local}</span>
              <span className="block truncate font-medium">{frame.roles[role.role]}</span>
              {role.role === "customer" && (
                <span className="block truncate text-xs text-ink-2" title={role.customer}>
                  {role.customer}
                </span>
              )}
            </span>
            <ChevronDownIcon className="shrink-0 text-ink-3 max-md:hidden" width="12" height="12" />
          </button>
        }
      >
        <MenuLabel>{frame.playing}</MenuLabel>
        <RoleChoices {...role} />
      </Menu>
      {role.dialog}
    </>
  );
}

function CustomerDialog({ onClose }: { onClose: () => void }) {
  const { frame, ui } = useWords();
  const { customer } = useStore(localRole);
  const [id, setId] = useState(customer);
  return (
    <Dialog title={frame.roles.customer} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          playRole({ role: "customer", customer: id.trim() });
          onClose();
        }}
      >
        <Field label={frame.customerId} required>
          {(wiring) => (
            <Input {...wiring} value={id} maxLength={64} onChange={(event) => setId(event.target.value)} />
          )}
        </Field>
        <DialogActions>
          <Button kind="quiet" onClick={onClose}>
            {ui.cancel}
          </Button>
          <Button kind="primary" type="submit" disabled={id.trim() === ""}>
            {ui.apply}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
