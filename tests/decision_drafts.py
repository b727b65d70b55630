"""A decision to save, for tests of the database."""

from __future__ import annotations

from app.decisions.records import ACCEPTED, ADDED, REJECTED, Draft, GoalVerdict

CYCLING = GoalVerdict("PB5.4", "Radverkehr und ÖPNV stärken", 5, ACCEPTED, 1, 0.98, ("Fahrradstraße",), "liegt nahe")
CLIMATE = GoalVerdict("G.8", "Klimaschutz aktiv gestalten", None, ADDED)
SPORT = GoalVerdict("PB4.2", "Bewegungsfreundliche Stadt sein", 4, REJECTED, 2, 0.1)
DRAFT = Draft(
    title="Fahrradstraße am Stadtwald",
    text="Antrag von Erika Mustermann: eine Fahrradstraße mit 100 % Förderung",
    goals=(CYCLING, CLIMATE, SPORT),
    catalogue="neumuenster@2022",
    catalogue_fingerprint="c" * 64,
    model="isek-de",
    model_fingerprint="m" * 16,
    reference="61-2026/17",
    department="Tiefbau",
    reason="passt",
)
