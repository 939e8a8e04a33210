"""Index claims by batch; show the positions that are stated to programs of GIS, where the database
is a PostGIS.
"""

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0002"
down_revision = "0001"

VIEW = """
CREATE VIEW exchange_positions AS
SELECT claims.id, claims.layer, claims.row_id, claims.party, claims.source, claims.source_kind,
       claims.as_of, claims.accuracy AS accuracy_m, coalesce(last.verdict, 'stated') AS verdict,
       (row_number() OVER (
           PARTITION BY claims.layer, claims.row_id
           ORDER BY coalesce(last.verdict, 'stated') = 'accepted' DESC,
                    CASE WHEN last.verdict = 'accepted' THEN last.number END DESC,
                    array_position(ARRAY['survey', 'page', 'code', 'memory', 'estimate'],
                                   claims.source_kind),
                    claims.as_of COLLATE "C" DESC, claims.accuracy NULLS LAST,
                    claims.stated_at COLLATE "C" DESC, claims.id COLLATE "C"
       ))::integer AS place,
       ST_SetSRID(ST_MakePoint(split_part(claims.value, ' ', 1)::double precision,
                               split_part(claims.value, ' ', 2)::double precision), 4326
       )::geometry(Point, 4326) AS position
FROM claims
LEFT JOIN LATERAL (
    SELECT verdict, number FROM decisions
    WHERE decisions.claim = claims.id ORDER BY number DESC LIMIT 1
) AS last ON true
WHERE claims.field = 'position'
  AND claims.value ~ '^[-+]?[0-9.]+ [-+]?[0-9.]+$'
  AND coalesce(last.verdict, 'stated') <> 'refused'
  AND (coalesce(last.verdict, 'stated') = 'accepted' OR NOT claims.proposed)
"""
"""The rule of :func:`geo.exchange.claims.ranked`, among the statements of the book; place 1 is the
best of a row."""


def upgrade() -> None:
    op.create_index("claims_by_batch", "claims", ["batch"])
    op.create_index("decisions_by_claim", "decisions", ["claim", "number"])
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
            connection.exec_driver_sql(VIEW)
    except DBAPIError:  # no PostGIS, or no right to use it: all else works without
        pass
