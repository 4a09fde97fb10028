import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { createStore, useStore } from "~/lib/store";
import type { en } from "./en";

/** What English says, every other language must say too. */
export type Dictionary = typeof en;
export const LANGUAGES = ["en", "vi"] as const;
export type Language = (typeof LANGUAGES)[number];

const STORED = "oms.language";
const languageStore = createStore<Language>(initial());
/** Nobody loads the words of a language that they do not read. */
const loaders: Record<Language, () => Promise<Dictionary>> = {
  en: () => import("./en").then((words) => words.en),
  vi: () => import("./vi").then((words) => words.vi),
};
const loaded: Partial<Record<Language, Dictionary>> = {};

function initial(): Language {
  const wanted = [localStorage.getItem(STORED) ?? "", ...navigator.languages];
  const found = wanted.map((tag) => LANGUAGES.find((language) => tag.toLowerCase().startsWith(language)));
  return found.find((language) => language !== undefined) ?? "en";
}

async function load(language: Language): Promise<Spoken> {
  const words = loaded[language] ?? (await loaders[language]());
  loaded[language] = words;
  return { language, words };
}

/** Must be there before the first view, so that nobody sees two languages. Another one is better than none. */
export async function loadLanguage(): Promise<Spoken> {
  const wanted = languageStore.get();
  const others = LANGUAGES.filter((language) => language !== wanted);
  return load(wanted).catch((error: unknown) =>
    Promise.any(others.map(load)).catch(() => {
      throw error;
    }),
  );
}

export function setLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
  languageStore.set(language);
}

export interface Spoken {
  readonly language: Language;
  readonly words: Dictionary;
}

const Context = createContext<Spoken | undefined>(undefined);

/** `first` is what `loadLanguage` came to. */
export function LanguageProvider({ first, children }: { first: Spoken; children: ReactNode }) {
  const language = useStore(languageStore);
  const [spoken, setSpoken] = useState(first);
  useEffect(() => {
    let current = true;
    load(language).then(
      (next) => current && setSpoken(next),
      // Without a connection the language stays as it was.
      () => current && languageStore.set(spoken.language),
    );
    return () => {
      current = false;
    };
  }, [language, spoken.language]);
  useEffect(() => {
    document.documentElement.lang = spoken.language;
  }, [spoken.language]);
  return <Context value={spoken}>{children}</Context>;
}

function useSpoken(): Spoken {
  const spoken = useContext(Context);
  if (!spoken) {
    throw new Error("there is no language around this component");
  }
  return spoken;
}

/** The words of the person's language. */
export function useWords(): Dictionary {
  return useSpoken().words;
}

/** For `Intl`. */
export function useLanguage(): Language {
  return useSpoken().language;
}
