// What the door puts before the script: the style sheet, the English words, the languages there are.
declare const STYLE: string;
declare const ENGLISH: { name: string; direction: string; words: Record<string, string | Record<string, string>> };
declare const LANGUAGES: Record<string, string>;
