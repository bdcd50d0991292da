"""The errors of the package under the names that Polyaxon's have: code that catches those goes on to catch ours."""

from __future__ import annotations

from jupyter_tracking.errors import InvalidArgument, NeedsServer, NotFound, OutsideRun, TrackingError

# Whatever its client raises.
PolyaxonException = PolyaxonClientException = TracemlException = OpenApiException = TrackingError
# What was passed is not as it should be.
PolyaxonSchemaError = PolyaxonValidationError = ApiValueError = InvalidArgument
PolyaxonPathException = OutsideRun
# What its server answers: nobody is asked here.
ApiException = PolyaxonHTTPError = PolyaxonConnectionError = ServiceException = UnauthorizedException = ForbiddenException = NeedsServer
NotFoundException = NotFound
