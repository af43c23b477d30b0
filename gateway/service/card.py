"""CardService: one core of the parts that each do one thing with cards."""

from rekam.v1 import card_pb2 as pb

from gateway.service import card_messages
from gateway.service.access import Caller
from gateway.service.card_holder import CardHolders
from gateway.service.card_jobs import CardJobs
from gateway.service.card_profiles import CardProfiles
from gateway.service.card_read import CardReads
from gateway.service.card_stock import CardStock
from gateway.service.card_watch import CardWatch


class CardCore:
    """Answers all that is asked about cards; belongs to the event loop's thread."""

    def __init__(
        self,
        profiles: CardProfiles,
        watch: CardWatch,
        jobs: CardJobs,
        reads: CardReads,
        holders: CardHolders,
        stock: CardStock,
    ) -> None:
        self._profiles = profiles
        self.watch_readers, self.insert_synthetic_blank = watch.watch_readers, watch.insert_synthetic_blank
        self.personalise_card, self.resume_card_job = jobs.personalise_card, jobs.resume_card_job
        self.invalidate_card, self.write_off_card = jobs.invalidate_card, jobs.write_off_card
        self.abandon_card_job = jobs.abandon_card_job
        self.get_card_job, self.list_card_jobs = jobs.get_card_job, jobs.list_card_jobs
        self.read_card, self.verify_holder = reads.read_card, holders.verify_holder
        self.list_stock, self.add_stock = stock.list_stock, stock.add_stock
        self.spoil_blank, self.reconcile_stock = stock.spoil_blank, stock.reconcile_stock

    async def list_card_profiles(
        self, request: pb.ListCardProfilesRequest, caller: Caller
    ) -> pb.ListCardProfilesResponse:
        """What can stand on a card here."""
        problems = self._profiles.problems
        return pb.ListCardProfilesResponse(
            profiles=map(card_messages.profile, self._profiles.all()),
            problems=[pb.CardProfileProblem(file=name, problem=problem) for name, problem in problems.items()],
        )
