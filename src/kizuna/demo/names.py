"""Made-up people for the simulation: names by country, and addresses and telephone numbers that cannot exist.

E-mail addresses end in example.com, .net and .org (RFC 2606); telephone numbers lie in the ranges that British, German
and French authorities keep for films. Anybody called so in truth is a coincidence.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np

COUNTRIES = {
    "Germany": 0.42,
    "United Kingdom": 0.2,
    "France": 0.13,
    "Netherlands": 0.09,
    "Austria": 0.08,
    "Italy": 0.08,
}
LANGUAGES = {
    "Germany": "de-DE",
    "United Kingdom": "en-GB",
    "France": "fr-FR",
    "Netherlands": "nl-NL",
    "Austria": "de-AT",
    "Italy": "it-IT",
}
_GERMAN = (
    "Anna Ben Carla David Elif Emil Frieda Greta Hannes Ida Jakob Jana Johanna Jonas Karl Katrin Lena Leon Lina Lukas"
    " Marta Matthias Mila Nora Oskar Paula Paul Ronja Ruth Samir Sophie Theo Tilda Tom Ulrike Vera Yusuf Zoë",
    "Albrecht Arslan Bauer Becker Brandt Busch Dietrich Engel Fiedler Frank Fuchs Groß Haas Hartmann Heinrich Jansen"
    " Kaiser Keller Krüger Lang Lehmann Lorenz Maurer Möller Nowak Otto Peters Pohl Reuter Roth Sauer Schäfer Seidel"
    " Simon Sommer Thiel Vogt Voß Weiß Winkler Yilmaz Ziegler",
)
_BRITISH = (
    "Alice Amir Beatrice Callum Charlotte Daniel Edith Ella Esme Fergus Florence George Harriet Hugo Imogen Isla Jack"
    " Jasmine Kieran Leila Louis Maeve Martha Nathan Niamh Oliver Oscar Phoebe Priya Rhys Rosie Rowan Sam Seren Thomas"
    " Violet Wilf",
    "Abbott Ahmed Baxter Bell Booth Brook Carr Chandra Cole Dawson Doyle Ellis Fenn Finch Gallagher Gould Hale Hart"
    " Hobbs Hughes Kaur Knight Lowe Marsh Mercer Moss Nash Okafor Osborne Patel Pike Quinn Rees Sharp Stone Tate"
    " Thorne Vaughan Webb Wren",
)
_FRENCH = (
    "Adèle Agathe Antoine Basile Camille Chloé Clément Constance Élise Émile Étienne Fatou Gabriel Hélène Hugo Inès"
    " Jeanne Jules Karim Léa Léon Louise Lucie Maël Manon Margaux Mathis Nadia Noé Octave Rose Sacha Solène Théa Yanis",
    "Aubert Barbier Benali Blanchard Bonnet Brun Carpentier Chevalier Colin Diallo Dumas Faure Fontaine Gaillard"
    " Giraud Guérin Lacroix Lambert Leclerc Lemaire Marchand Mercier Meunier Nguyen Perrin Picard Renard Rolland"
    " Roussel Schmitt Vasseur Vidal",
)
_DUTCH = (
    "Anouk Bas Bram Daan Eline Emma Femke Floor Gijs Hanna Iris Jasper Joris Koen Lieke Lotte Maarten Maud Merel Noor"
    " Pim Ravi Roos Sanne Sem Sjoerd Teun Tess Thijs Yara",
    "Bakker Bos Brouwer Dekker Dijkstra Hendriks Hermans Jacobs Kok Kuipers Maas Mulder Peeters Postma Prins Schouten"
    " Smit Timmermans Verbeek Vermeer Visser Vos Willems Wolff",
)
_ITALIAN = (
    "Alessia Alma Andrea Beatrice Bianca Carlo Chiara Davide Edoardo Elena Enea Fabio Giada Giulia Irene Leonardo"
    " Livia Lorenzo Marco Marta Matteo Nina Pietro Sara Silvia Sofia Tommaso Viola",
    "Amato Barbieri Bassi Bruno Caruso Colombo Conti Costa Ferri Fontana Gallo Gatti Greco Leone Lombardi Longo Marini"
    " Martini Moretti Neri Parisi Pellegrini Rinaldi Riva Sala Serra Testa Villa",
)
_NAMES = {
    "Germany": _GERMAN,
    "United Kingdom": _BRITISH,
    "France": _FRENCH,
    "Netherlands": _DUTCH,
    "Austria": _GERMAN,
    "Italy": _ITALIAN,
}
_MAILBOXES = ("example.com", "example.org", "example.net")
_PHONES = {
    "Germany": ("+493023125{:03d}", 1000),
    "United Kingdom": ("+447700900{:03d}", 1000),
    "France": ("+3363998{:04d}", 10_000),
}
_PHONE_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the simulation made up."""

    name: str
    email: str
    phone: str
    country: str
    language: str


def make_people(count: int, rng: np.random.Generator) -> list[Person]:
    """Make up people; no two share an e-mail address or a telephone number."""
    countries = rng.choice(list(COUNTRIES), size=count, p=list(COUNTRIES.values()))
    taken: dict[str, int] = {}
    phones: dict[str, int] = {}
    made = []
    for number, country in enumerate(countries.tolist()):
        first_names, last_names = _NAMES[country]
        first, last = _pick(first_names, rng), _pick(last_names, rng)
        local = f"{_plain(first)}.{_plain(last)}"
        taken[local] = taken.get(local, 0) + 1
        suffix = "" if taken[local] == 1 else str(taken[local])
        email = f"{local}{suffix}@{_MAILBOXES[number % len(_MAILBOXES)]}"
        made.append(Person(f"{first} {last}", email, _phone(country, phones, rng), country, LANGUAGES[country]))
    return made


def _phone(country: str, given: dict[str, int], rng: np.random.Generator) -> str:
    wanted = rng.random() < _PHONE_SHARE
    pattern, most = _PHONES.get(country, ("", 0))
    number = given.get(country, 0)
    if not wanted or number >= most:
        return ""
    given[country] = number + 1
    return pattern.format(number)


def _pick(words: str, rng: np.random.Generator) -> str:
    names = words.split()
    return names[int(rng.integers(len(names)))]


def _plain(text: str) -> str:
    spelled = text.lower().replace("ß", "ss").replace("ö", "oe").replace("ü", "ue").replace("ä", "ae")
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
